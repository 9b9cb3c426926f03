import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { localCommand } from '../../src/rehearsal/docker/local-command.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import type { HostModel } from '../../src/rehearsal/hosts/host-model.ts'
import { type Ended, everythingSaid, type Laptop, laptop, oneLine, temporaryFolder } from './command-line.ts'
import { countsOf, loginsOf, stateOf } from './hosts/host-state.ts'
import { useParts } from './hosts/parts.ts'
import { closedPort, inventoryOf, secretFile, type Way } from './hosts/ways.ts'

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

const cast = useParts<Part>(MODELS)

describe.concurrent('a host that cannot be reached is one sentence with a remedy, and exit 4', () => {
  it('where nothing listens on its port', async () => {
    const port = await closedPort()

    const ended = await planOn(cast.hosts.plain, { port })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `${cast.hosts.plain.name}: gave no answer: E_REFUSED: 127.0.0.1:${port} refuses connections`,
    )
    expect(data(ended)).toContain(
      `→ Is sshd running there, and is ${port} its port? Check \`ssh -p ${port} operator@127.0.0.1\`.`,
    )
  })

  it('where its key is not known', async () => {
    const knownHosts = join(await temporaryFolder(), 'known_hosts')
    await writeFile(knownHosts, '')

    const ended = await planOn(cast.hosts.plain, { knownHosts })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_HOSTKEY_UNKNOWN: the host key of 127.0.0.1:${cast.hosts.plain.port} is not known: ssh-ed25519 SHA256:`,
    )
    expect(data(ended)).toContain('runbook keys trust')
  })

  it('where its key is another one than is known', async () => {
    const knownHosts = join(await temporaryFolder(), 'known_hosts')
    const others = (await readFile(cast.set.knownHosts, 'utf8')).replaceAll(`:${cast.hosts.plain.port} `, ':1 ')
    await writeFile(knownHosts, others.replaceAll(`:${cast.hosts.asking.port} `, `:${cast.hosts.plain.port} `))

    const ended = await planOn(cast.hosts.plain, { knownHosts })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_HOSTKEY_CHANGED: the host key of 127.0.0.1:${cast.hosts.plain.port} is not the one that is known (${knownHosts}:`,
    )
    expect(data(ended)).toContain(`ssh-keygen -f ${knownHosts} -R '[127.0.0.1]:${cast.hosts.plain.port}'`)
  })

  it('where it does not know the user', async () => {
    const ended = await planOn(cast.hosts.plain, { user: 'operatr' })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_AUTH: 127.0.0.1:${cast.hosts.plain.port} refused the login of operatr with ${cast.set.identity} (`,
    )
    expect(data(ended)).toContain('that the public key stands in ~operatr/.ssh/authorized_keys')
  })

  it('where it does not know the key', async () => {
    const identity = join(await temporaryFolder(), 'key')
    await localCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', identity])

    const ended = await planOn(cast.hosts.plain, { identity })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain(
      `E_AUTH: 127.0.0.1:${cast.hosts.plain.port} refused the login of operator with ${identity} (`,
    )
  })

  it('where the key file is not there', async () => {
    const ended = await planOn(cast.hosts.plain, { identity: '/nowhere/key' })

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain('E_AUTH: no key to log in as operator: ')
    expect(talk(ended)).toContain('/nowhere/key')
  })

  it('where it hangs, and what the others answered is shown', async () => {
    const { plain, hanging } = cast.hosts
    await hanging.inside('systemctl kill --signal=STOP ssh.service')
    const { type } = await laptop()

    const ended = await type(
      'plan',
      'hugepages-1g',
      '-i',
      cast.set.inventory,
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
    const { ready } = cast.hosts
    const inventory = await inventoryOf(cast.set, ready, { others: { gone: await closedPort() } })
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
    const ended = await planOn(cast.hosts.asking, {})

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain('E_SUDO_PASSWORD_MISSING: sudo asks for a password of operator, and none was given')
    expect(data(ended)).toContain('→ Give operator passwordless sudo, or a password for sudo: ')
  })

  it('and gets a wrong one says so, and the word stands nowhere', async () => {
    const wrong = 'not the right word'
    const here = await laptop()

    const ended = await planOn(cast.hosts.asking, { sudoPassword: await secretFile(wrong) }, here)

    expect(ended.exitCode).toBe(4)
    expect(talk(ended)).toContain('E_SUDO_PASSWORD_WRONG: sudo refused the password of operator; it was sent once')
    expect(data(ended)).toContain('→ Correct the sudo password. Several wrong ones may lock the account.')
    expect(await everythingSaid(ended, here)).not.toContain(wrong)
  })

  it('and gets the right one from a file lets the run do its work, and the word stands nowhere', async () => {
    const { trusting } = cast.hosts
    const here = await laptop()
    const inventory = await inventoryOf(cast.set, trusting, { sudoPassword: await secretFile(PASSWORD) })

    const ended = await here.type('run', 'hugepages-1g', '-i', inventory, ...WISH, '--yes')

    expect(ended.exitCode).toBe(0)
    expect(await stateOf(trusting)).toMatchObject({ pools: '4 64', owner: 'released' })
    expect(await everythingSaid(ended, here)).not.toContain(PASSWORD)
    expect((await trusting.inside('journalctl -o cat; grep -r . /var/lib/runbook')).stdout).not.toContain(PASSWORD)
  })

  it('which cannot be had is a fault of what was typed, before any host is asked', async () => {
    const logins = await loginsOf(cast.hosts.left)

    const ended = await planOn(cast.hosts.left, { sudoPassword: 'env:NO_SUCH_PASSWORD' })

    expect([ended.exitCode, ended.stdout]).toEqual([2, ''])
    expect(talk(ended)).toContain(
      '✗ the secret env:NO_SUCH_PASSWORD is missing: the environment has no NO_SUCH_PASSWORD',
    )
    expect(await loginsOf(cast.hosts.left)).toBe(logins)
  })
})

describe.concurrent('a typing error is explained with what was meant, exit 2, and no host hears of it', () => {
  const inventory = () => cast.set.inventory

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
    const logins = await loginsOf(cast.hosts.left)

    const ended = await type('run', ...words(), '--yes')

    expect(ended.exitCode).toBe(2)
    expect(ended.stdout).toBe('')
    expect(talk(ended)).toContain(advice)
    expect(await loginsOf(cast.hosts.left)).toBe(logins)
  })
})

it('of all these sudo counted one wrong password', async () => {
  const { stdout } = await cast.hosts.asking.inside(
    "journalctl -t sudo -o cat | grep -o -E '[0-9]+ incorrect password attempts?'",
  )

  expect(stdout).toBe('1 incorrect password attempt\n')
})

it('and the log of the host that nobody asked would have told of it', async () => {
  const nobody = await loginsOf(cast.hosts.left)

  await planOn(cast.hosts.left, {})

  expect([nobody, (await loginsOf(cast.hosts.left)) > 0]).toEqual([0, true])
})

/** Plans on one host that is reached in this way. */
async function planOn(host: ContainerHost, way: Way, from?: Laptop): Promise<Ended> {
  const { type } = from ?? (await laptop())
  return type(
    'plan',
    'hugepages-1g',
    '-i',
    await inventoryOf(cast.set, host, way),
    '-e',
    'count1g=4',
    '-e',
    'count2m=64',
  )
}

const talk = ({ stderr }: Ended): string => oneLine(stderr)
const data = ({ stdout }: Ended): string => oneLine(stdout)
