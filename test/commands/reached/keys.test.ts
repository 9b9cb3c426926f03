import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { closedPort } from '../../containers/hosts/ways.ts'
import { useReachedProject } from './reached-project.ts'

const project = useReachedProject()
const publicKey = (name: string) => {
  const [type, key] = readFileSync(join(project.sshd.folder, `${name}.pub`), 'utf8').split(' ')
  return `${type} ${key}`
}
const fingerprint = () =>
  execFileSync('ssh-keygen', ['-lf', join(project.sshd.folder, 'host_ed25519.pub')], { encoding: 'utf8' }).split(
    ' ',
  )[1] ?? ''
const known = () => join(project.folder, 'inventory/known')

/** Every host is the same sshd, under a name of its own in known_hosts. */
async function fleet(hosts: Readonly<Record<string, object>>): Promise<void> {
  const { address, port, identityFiles } = project.sshd.connection
  const connection = { user: 'operator', identity: identityFiles, knownHosts: './known', sshConfig: 'none' }
  const entries = Object.entries(hosts).map(([name, own]) => [
    name,
    { connection: { address, port, hostKeyAlias: name, ...own } },
  ])
  await project.write('inventory/fleet.yaml', JSON.stringify({ connection, hosts: Object.fromEntries(entries) }))
}

/** What stands there before: every byte of it has to stay. */
const BEFORE = () =>
  [
    '# a comment \u00e9 \r',
    `known,other ${publicKey('host_ed25519')} root@known  # and a note`,
    '',
    'no line at all',
    `changed ${publicKey('key')}`,
    `@revoked revoked ${publicKey('host_ed25519')}`,
    '|1|broken|line ssh-ed25519 AAAA',
  ].join('\n')

beforeEach(async () => {
  await project.write('inventory/known', BEFORE())
  chmodSync(known(), 0o644)
})

describe('keys scan', () => {
  it('tells known keys from unknown, changed and revoked ones, and from hosts that do not answer', async () => {
    await fleet({ known: {}, 'new-1': {}, 'new-2': {}, changed: {}, revoked: {}, away: { port: await closedPort() } })

    const { exitCode, stdout, stderr } = await project.type(['keys', 'scan', '-i', 'fleet'])

    expect(exitCode).toBe(4)
    expect(stdout.split('\n')).toEqual([
      '✓ known: known (1 host)',
      '2 unknown keys:',
      `  new-1    ssh-ed25519  ${fingerprint()}`,
      `  new-2    ssh-ed25519  ${fingerprint()}`,
      `✗ changed: ssh-ed25519 ${fingerprint()} of changed is not the one that is known (${known()}:5)`,
      expect.stringContaining('  → If the host was installed anew, compare the key at its console'),
      `✗ revoked: ssh-ed25519 ${fingerprint()} of revoked is revoked (${known()}:6)`,
      '  → Give the host a new key; never connect with this one.',
      expect.stringMatching(/^✗ away: dial: E_REFUSED: 127\.0\.0\.1:\d+ refuses connections$/),
      expect.stringContaining('  → Is sshd running there'),
      '',
    ])
    expect(stderr).toContain('Take them over: runbook keys trust -i fleet')
    expect(readFileSync(known(), 'utf8')).toBe(BEFORE())
  })

  it('tells machines the same', async () => {
    await fleet({ known: {}, 'new-1': {} })

    const { exitCode, stdout } = await project.type(['keys', 'scan', '-i', 'fleet', '--json'])

    const key = { type: 'ssh-ed25519', fingerprint: fingerprint(), file: known() }
    expect([exitCode, JSON.parse(stdout)]).toEqual([
      4,
      {
        type: 'keys',
        exitCode: 4,
        trusted: [],
        hosts: [
          { host: 'known', state: 'known', name: 'known', ...key },
          { host: 'new-1', state: 'unknown', name: 'new-1', ...key },
        ],
      },
    ])
  })

  it('logs in nowhere', async () => {
    await fleet({ known: {}, 'new-1': {} })
    const before = project.sshd.log().split('Accepted').length

    await project.type(['keys', 'scan', '-i', 'fleet'])

    expect(project.sshd.log().split('Accepted').length).toBe(before)
  })
})

describe('keys trust', () => {
  it('asks once for all that can be reached, and once more for what was behind an unknown machine', async () => {
    const { port } = project.sshd.connection
    await fleet({
      known: {},
      'new-1': {},
      gate: {},
      'behind-1': { via: 'gate' },
      'behind-2': { via: 'gate', address: 'localhost', port },
    })

    const { exitCode, stdout } = await project.typeAt(
      ['keys', 'trust', '-i', 'fleet'],
      [
        [/Write 2 keys into .*\[y\/N\] /s, 'y'],
        [/Write 2 keys into .*Write 2 keys into .*\[y\/N\] /s, 'y'],
      ],
    )

    const table = stdout.replaceAll('\r', '').match(/^ {2}\S.*SHA256.*$/gm) ?? []
    expect(exitCode).toBe(0)
    expect(table.map((line) => line.trim().split(/\s+/)[0])).toEqual(['gate', 'new-1', 'behind-1', 'behind-2'])
    const added = ['gate', 'new-1', 'behind-1', 'behind-2'].map((name) => `${name} ${publicKey('host_ed25519')}\n`)
    expect(readFileSync(known(), 'utf8')).toBe(`${BEFORE()}\n${added.join('')}`)
    expect(statSync(known()).mode & 0o777).toBe(0o600)
  })

  it('writes nothing when it is refused, and says so by exit 4', async () => {
    await fleet({ 'new-1': {} })

    const { exitCode } = await project.typeAt(['keys', 'trust', '-i', 'fleet'], [[/\[y\/N\]/, 'n']])

    expect([exitCode, readFileSync(known(), 'utf8')]).toEqual([4, BEFORE()])
  })

  it('writes nothing where nobody can be asked, exit 7', async () => {
    await fleet({ 'new-1': {} })

    const { exitCode, stderr } = await project.type(['keys', 'trust', '-i', 'fleet'])

    expect([exitCode, readFileSync(known(), 'utf8')]).toEqual([7, BEFORE()])
    expect(stderr).toContain('say --yes once the fingerprints are compared')
  })

  it('tells machines what was written, and lets a run in from then on', async () => {
    await fleet({ 'new-1': {} })

    const trusted = await project.type(['keys', 'trust', '-i', 'fleet', '--yes', '--json'])
    const pinged = await project.type(['ping', '-i', 'fleet'])

    expect([trusted.exitCode, pinged.exitCode]).toEqual([0, 0])
    expect(JSON.parse(trusted.stdout)).toMatchObject({
      trusted: [{ host: 'new-1', state: 'unknown', fingerprint: fingerprint() }],
      hosts: [{ host: 'new-1', state: 'known' }],
    })
  })

  it('never takes over a changed or a revoked key, but one that the inventory expects in its place', async () => {
    const from = execFileSync('ssh-keygen', ['-lf', join(project.sshd.folder, 'key.pub')], { encoding: 'utf8' }).split(
      ' ',
    )[1]
    await fleet({ changed: {}, revoked: {} })
    const refused = await project.type(['keys', 'trust', '-i', 'fleet', '--yes'])
    const untouched = readFileSync(known(), 'utf8')
    await fleet({ changed: { hostKeys: { rekey: { from, to: fingerprint() } } } })

    const taken = await project.type(['keys', 'trust', '-i', 'fleet', '--yes'])

    expect([refused.exitCode, untouched, taken.exitCode]).toEqual([4, BEFORE(), 0])
    const rest = BEFORE().replace(`changed ${publicKey('key')}\n`, '')
    expect(readFileSync(known(), 'utf8')).toBe(`${rest}\nchanged ${publicKey('host_ed25519')}\n`)
  })
})

describe('a key with a passphrase', () => {
  beforeEach(async () => {
    const key = join(project.folder, 'inventory/locked')
    copyFileSync(join(project.sshd.folder, 'key'), key)
    chmodSync(key, 0o600)
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open barley', '-f', key], { stdio: 'ignore' })
    await project.write('inventory/known', `w-1,w-2 ${publicKey('host_ed25519')}\n`)
    await fleet({ 'w-1': { identity: './locked' }, 'w-2': { identity: './locked', via: 'w-1' } })
  })

  it('is asked for once, for all hosts and machines on the way, and not shown', async () => {
    const typed = await project.typeAt(['ping', '-i', 'fleet'], [[/passphrase of .*locked: /, 'open barley']])

    expect(typed.exitCode).toBe(0)
    expect(typed.stdout.match(/passphrase of/g)).toHaveLength(1)
    expect(typed.stdout).not.toContain('open barley')
  })

  it('is asked for again after a wrong answer', async () => {
    const typed = await project.typeAt(
      ['ping', '-i', 'fleet'],
      [
        [/passphrase of .*locked: /, 'open sesame'],
        [/not the passphrase of [\s\S]*passphrase of .*locked: /, 'open barley'],
      ],
    )

    expect(typed.exitCode).toBe(0)
  })

  it('is a reason for exit 4 that says what to do where nobody can be asked', async () => {
    const { exitCode, stdout } = await project.type(['ping', '-i', 'fleet', '-l', 'w-1'])

    expect(exitCode).toBe(4)
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /E_AUTH: no key to log in as operator: .*locked is encrypted, .* → Start ssh-agent/,
    )
  })
})
