import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HostSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import { localCommand } from '../../src/rehearsal/docker/local-command.ts'
import type { HostModel } from '../../src/rehearsal/hosts/host-model.ts'
import type { TestHost } from '../../src/rehearsal/hosts/test-host.ts'
import { cleanUp, type Ended, type Laptop, laptop, temporaryFolder } from './command-line.ts'
import { countsOf, stateOf } from './host-state.ts'

const PASSWORD = 'a password with blanks'
/** Without the restart of libvirt, whose proof is ten seconds of watching. */
const WISH = ['-e', 'count1g=4', '-e', 'count2m=64', '-e', 'libvirtRestart=false']

const MODELS = {
  plain: {},
  asking: { sudo: 'password', password: PASSWORD },
  trusting: { sudo: 'password', password: PASSWORD },
  hanging: {},
  ready: {},
  left: {},
} as const satisfies Readonly<Record<string, HostModel>>

type Part = keyof typeof MODELS

// The parts are the keys of the object above.
const PARTS = Object.keys(MODELS) as Part[]

let set: HostSet
let hosts: Readonly<Record<Part, TestHost>>

beforeAll(async () => {
  const model = (index: number): HostModel => MODELS[PARTS[index]!]
  set = await upHosts({ count: PARTS.length, model, say: () => {}, mayInstall: async () => true })
  // One host came up for each part.
  hosts = Object.fromEntries(PARTS.map((part, index) => [part, set.hosts[index]])) as Record<Part, TestHost>
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

describe.concurrent('a host that cannot be reached is one sentence with a remedy, and exit 4', () => {
  it('where nothing listens on its port', async () => {
    const port = await closedPort()

    const ended = await planOn(hosts.plain, { port })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `${hosts.plain.name}: gave no answer: E_REFUSED: 127.0.0.1:${port} refuses connections`,
    )
    expect(data(ended)).toContain(
      `→ Is sshd running there, and is ${port} its port? Check \`ssh -p ${port} operator@127.0.0.1\`.`,
    )
  })

  it('where its key is not known', async () => {
    const knownHosts = join(await temporaryFolder(), 'known_hosts')
    await writeFile(knownHosts, '')

    const ended = await planOn(hosts.plain, { knownHosts })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_HOSTKEY_UNKNOWN: the host key of 127.0.0.1:${hosts.plain.port} is not known: ssh-ed25519 SHA256:`,
    )
    expect(data(ended)).toContain(`ssh-keyscan -p ${hosts.plain.port} 127.0.0.1 >> ${knownHosts}`)
  })

  it('where its key is another one than is known', async () => {
    const knownHosts = join(await temporaryFolder(), 'known_hosts')
    const others = (await readFile(set.knownHosts, 'utf8'))
      .split('\n')
      .filter((line) => line.includes(`:${hosts.asking.port} `))
    await writeFile(
      knownHosts,
      others.map((line) => `${line.replace(`:${hosts.asking.port} `, `:${hosts.plain.port} `)}\n`).join(''),
    )

    const ended = await planOn(hosts.plain, { knownHosts })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_HOSTKEY_CHANGED: the host key of 127.0.0.1:${hosts.plain.port} is not the one that is known (${knownHosts}:`,
    )
    expect(data(ended)).toContain(`ssh-keygen -f ${knownHosts} -R '[127.0.0.1]:${hosts.plain.port}'`)
  })

  it('where it does not know the user', async () => {
    const ended = await planOn(hosts.plain, { user: 'operatr' })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_AUTH: 127.0.0.1:${hosts.plain.port} refused the login of operatr with ${set.identity} (`,
    )
    expect(data(ended)).toContain('that the public key stands in ~operatr/.ssh/authorized_keys')
  })

  it('where it does not know the key', async () => {
    const identity = join(await temporaryFolder(), 'key')
    await localCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', identity])

    const ended = await planOn(hosts.plain, { identity })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_AUTH: 127.0.0.1:${hosts.plain.port} refused the login of operator with ${identity} (`,
    )
  })

  it('where the key file is not there', async () => {
    const ended = await planOn(hosts.plain, { identity: '/nowhere/key' })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain('E_AUTH: no key to log in as operator: ')
    expect(talk(ended)).toContain('/nowhere/key')
  })

  it('where it hangs, and what the others answered is shown', async () => {
    const { plain, hanging } = hosts
    await hanging.inside('systemctl kill --signal=STOP ssh.service')
    const { type } = await laptop()

    const ended = await type(
      'plan',
      'hugepages-1g',
      '-i',
      set.inventory,
      '-l',
      `${plain.name}:${hanging.name}`,
      ...WISH,
    )

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `${hanging.name}: gave no answer: E_BANNER_TIMEOUT: 127.0.0.1:${hanging.port} accepted the connection but did not speak SSH within 10s`,
    )
    expect(data(ended)).toContain('1 to change, 1 without an answer')
    expect(data(ended)).toContain(`→ Is ${hanging.port} the port of sshd?`)
  })

  it('and the others are changed by consent alone', async () => {
    const { ready } = hosts
    const inventory = await inventoryOf(ready, {}, { gone: await closedPort() })
    const { type } = await laptop()

    const refused = await type('run', 'hugepages-1g', '-i', inventory, ...WISH, '--yes')
    const untouched = await countsOf(ready)
    const ended = await type('resume', refused.run, '--yes', '--skip-unready')

    expect([refused.exitCode, ended.exitCode]).toEqual([4, 4])
    expect(talk(refused)).toContain('Nothing is changed: gone would be left out, and --yes does not consent to that.')
    expect(talk(refused)).toContain(`Without them: runbook resume ${refused.run} --yes --skip-unready`)
    expect(untouched).toMatchObject({ boots: 1, menus: 0 })
    expect(data(ended)).toContain('1 changed, 1 unreachable')
    expect(await stateOf(ready)).toMatchObject({ pools: '4 64', owner: 'released' })
  })
})

describe.concurrent('sudo that wants a password', () => {
  it('and gets none says so', async () => {
    const ended = await planOn(hosts.asking, {})

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain('E_SUDO_PASSWORD_MISSING: sudo asks for a password of operator, and none was given')
    expect(data(ended)).toContain('→ Give operator passwordless sudo, or a sudo password: ')
  })

  it('and gets a wrong one says so, and the word stands nowhere', async () => {
    const wrong = 'not the right word'
    const here = await laptop()

    const ended = await planOn(hosts.asking, { sudoPassword: await secretFile(wrong) }, here)

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain('E_SUDO_PASSWORD_WRONG: sudo refused the password of operator; it was sent once')
    expect(data(ended)).toContain('→ Correct the sudo password. Several wrong ones may lock the account.')
    expect(await everythingSaid(ended, here)).not.toContain(wrong)
  })

  it('and gets the right one from a file lets the run do its work, and the word stands nowhere', async () => {
    const { trusting } = hosts
    const here = await laptop()
    const inventory = await inventoryOf(trusting, { sudoPassword: await secretFile(PASSWORD) })

    const ended = await here.type('run', 'hugepages-1g', '-i', inventory, ...WISH, '--yes')

    expect(ended.exitCode).toBe(0)
    expect(await stateOf(trusting)).toMatchObject({ pools: '4 64', owner: 'released' })
    expect(await everythingSaid(ended, here)).not.toContain(PASSWORD)
    expect((await trusting.inside('journalctl -o cat; grep -r . /var/lib/runbook')).stdout).not.toContain(PASSWORD)
  })

  it('which cannot be had is a fault of what was typed, before any host is asked', async () => {
    const logins = await loginsOf(hosts.left)

    const ended = await planOn(hosts.left, { sudoPassword: 'env:NO_SUCH_PASSWORD' })

    expect([ended.exitCode, ended.stdout]).toEqual([2, ''])
    expect(talk(ended)).toContain(
      '✗ the secret env:NO_SUCH_PASSWORD is missing: the environment has no NO_SUCH_PASSWORD',
    )
    expect(await loginsOf(hosts.left)).toBe(logins)
  })
})

describe.concurrent('a typing error is explained with what was meant, exit 2, and no host hears of it', () => {
  const inventory = () => set.inventory

  it.each<readonly [string, () => readonly string[], string]>([
    ['in the name of the runbook', () => ['hugepages-1gb', '-i', inventory()], 'Did you mean "hugepages-1g"?'],
    ['in the name of the inventory', () => ['hugepages-1g', '-i', 'exampel'], 'Did you mean "example"?'],
    ['in a parameter', () => ['hugepages-1g', '-i', inventory(), '-e', 'count1gb=4'], 'Did you mean "count1g"?'],
    ['in a value', () => ['hugepages-1g', '-i', inventory(), '-e', 'count1g=many'], 'count1g: '],
    ['in a limit', () => ['hugepages-1g', '-i', inventory(), '-l', 'hypervisor'], 'Did you mean "hypervisors"?'],
    ['in the name of a host', () => ['hugepages-1g', '-i', inventory(), '-l', 'rb-044'], 'Did you mean "rb-04"?'],
    ['in a flag', () => ['hugepages-1g', '-i', inventory(), '--limt', 'rb-04'], 'Did you mean --limit?'],
  ])('%s', async (_what, words, advice) => {
    const { type } = await laptop()
    const logins = await loginsOf(hosts.left)

    const ended = await type('run', ...words(), '--yes')

    expect(ended.exitCode).toBe(2)
    expect(ended.stdout).toBe('')
    expect(talk(ended)).toContain(advice)
    expect(await loginsOf(hosts.left)).toBe(logins)
  })
})

it('of all these sudo counted one wrong password', async () => {
  const { stdout } = await hosts.asking.inside(
    "journalctl -t sudo -o cat | grep -o -E '[0-9]+ incorrect password attempts?'",
  )

  expect(stdout).toBe('1 incorrect password attempt\n')
})

interface Way {
  readonly port?: number
  readonly user?: string
  readonly identity?: string
  readonly knownHosts?: string
  readonly sudoPassword?: string
}

/** Plans on one host that is reached in this way. */
async function planOn(host: TestHost, way: Way, from?: Laptop): Promise<Ended> {
  const { type } = from ?? (await laptop())
  return type('plan', 'hugepages-1g', '-i', await inventoryOf(host, way), '-e', 'count1g=4', '-e', 'count2m=64')
}

/** An inventory of one host, and of others by their ports. */
async function inventoryOf(
  host: TestHost,
  { port = host.port, ...way }: Way,
  others: Readonly<Record<string, number>> = {},
): Promise<string> {
  const { identity, knownHosts } = set
  const places = Object.entries({ [host.name]: port, ...others })
  const inventory = {
    hosts: Object.fromEntries(places.map(([name, port]) => [name, { address: '127.0.0.1', port }])),
    groups: {
      hypervisors: {
        hosts: places.map(([name]) => name),
        overrides: { E_CONTAINER_KERNEL: 'a test host emulates its kernel' },
      },
    },
    connection: { user: 'operator', identity, knownHosts, become: 'sudo', ...way },
  }
  const path = join(await temporaryFolder(), 'inventory.yaml')
  // JSON is YAML.
  await writeFile(path, JSON.stringify(inventory))
  return path
}

/** A reference to a file that holds this secret. */
async function secretFile(secret: string): Promise<string> {
  const path = join(await temporaryFolder(), 'secret')
  await writeFile(path, `${secret}\n`, { mode: 0o600 })
  return `file:${path}`
}

/** A port of this machine on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address ? address.port : 0
}

/** How often anybody knocked, by the host's own log. */
const loginsOf = (host: TestHost) => logged(host, 'journalctl -t sshd -o cat', 'Connection|Accepted')

async function logged(host: TestHost, command: string, pattern: string): Promise<number> {
  const { stdout } = await host.inside(`${command} | grep -c -E '${pattern.replaceAll(')', '\\)')}'`)
  return Number(stdout)
}

/** Screen and state folder together. */
async function everythingSaid({ stdout, stderr }: Ended, { state }: Laptop): Promise<string> {
  const names = await readdir(state, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  return [stdout, stderr, ...texts].join('\n')
}

/** What was said, as one line: where it is broken depends on the terminal. */
const talk = ({ stderr }: Ended): string => stderr.replace(/\s+/g, ' ')
const data = ({ stdout }: Ended): string => stdout.replace(/\s+/g, ' ')
