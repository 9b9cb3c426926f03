import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { HostKeyPolicy } from '../../../src/model/inventory.ts'
import { editKnownHosts, writeKnownHosts } from '../../../src/transport/ssh/edit-known-hosts.ts'
import { makeHostKeys } from '../../../src/transport/ssh/host-keys.ts'
import { fingerprintOf } from '../../../src/transport/ssh/known-hosts.ts'
import { unreachableOf } from '../../../src/transport/unreachable.ts'

const folder = mkdtempSync(join(tmpdir(), 'runbook-known-hosts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const keyOf = (body: string, type = 'ssh-ed25519'): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(type.length)
  return Buffer.concat([length, Buffer.from(type), Buffer.from(body)])
}
const [OURS, OLD, OTHER] = [keyOf('ours'), keyOf('old'), keyOf('other')]
const line = (names: string, key: Buffer) => `${names} ssh-ed25519 ${key.toString('base64')}\n`
const hashed = (name: string, key: Buffer) => {
  const salt = randomBytes(20)
  return line(`|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`, key)
}
const shown = `ssh-ed25519 ${fingerprintOf(OURS)}`

const strict: HostKeyPolicy = { kind: 'strict' }
const acceptNew: HostKeyPolicy = { kind: 'accept-new' }
const pinned = (key: Buffer): HostKeyPolicy => ({ kind: 'pinned', fingerprint: fingerprintOf(key) })
const rekeyTo = (key: Buffer): HostKeyPolicy => ({ kind: 'rekey', from: fingerprintOf(OLD), to: fingerprintOf(key) })
const rekeyUntil = (until: string): HostKeyPolicy => ({ kind: 'rekey', from: fingerprintOf(OLD), until })

/** What becomes of the key OURS, which the host hv-01 shows on the 15th of June, and of the file. */
async function judged(text: string, hostKeys: HostKeyPolicy) {
  const path = join(folder, 'known_hosts')
  rmSync(path, { force: true })
  if (text !== '') writeFileSync(path, text)
  const connection = {
    ...{ address: 'hv-01', port: 22, user: 'ops', identityFiles: [], become: 'sudo' as const },
    ...{ knownHosts: [path], hostKeys },
  }
  const { judge } = await makeHostKeys(() => '2026-06-15').judgeFor(connection, unreachableOf('hv-01', connection))
  const refusal = await judge(OURS)
  const after = readText(path)
  return {
    error: refusal?.error as (Error & { code: string; remedy: string }) | undefined,
    written: after === text ? 'nothing' : after.replace(text, '+'),
    after,
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const UNKNOWN = ['E_HOSTKEY_UNKNOWN', `the host key of hv-01:22 is not known: ${shown}`, 'runbook keys trust'] as const
const CHANGED = [
  'E_HOSTKEY_CHANGED',
  'the host key of hv-01:22 is not the one that is known (',
  'ssh-keygen -f ',
] as const
const REVOKED = ['E_HOSTKEY_REVOKED', 'the host key of hv-01:22 is revoked (', 'never connect with this one'] as const
const NOTHING = ''
const RECORDED = `+${line('hv-01', OURS)}`

describe('the key that a host shows', () => {
  test.each<[string, string, HostKeyPolicy, readonly string[] | 'taken', string?]>([
    ['unknown, no file at all', NOTHING, strict, UNKNOWN],
    ['unknown among others', line('hv-02', OURS), strict, UNKNOWN],
    ['unknown, new keys are taken', line('hv-02', OURS), acceptNew, 'taken', RECORDED],
    ['known', line('hv-01', OURS), strict, 'taken'],
    ['known under a hashed name', hashed('hv-01', OURS), strict, 'taken'],
    ['known by a wildcard', line('hv-*,!hv-02', OURS), strict, 'taken'],
    ['another one', line('hv-01', OTHER), strict, CHANGED],
    ['another one under a hashed name', hashed('hv-01', OTHER), strict, CHANGED],
    ['another one, new keys are taken', line('hv-01', OTHER), acceptNew, CHANGED],
    ['hashed and another one, new keys are taken', hashed('hv-01', OTHER), acceptNew, CHANGED],
    ['revoked', `@revoked * ${line('', OURS).trim()}\n`, strict, REVOKED],
    ['revoked and known', `${line('hv-01', OURS)}@revoked hv-01 ${line('', OURS).trim()}\n`, strict, REVOKED],
    ['revoked, new keys are taken', `@revoked hv-* ${line('', OURS).trim()}\n`, acceptNew, REVOKED],
    ['revoked and pinned', `@revoked hv-01 ${line('', OURS).trim()}\n`, pinned(OURS), REVOKED],
    [
      'under a certificate authority',
      `@cert-authority hv-* ${line('', OTHER).trim()}\n`,
      strict,
      ['E_HOSTKEY_UNKNOWN', 'names a certificate authority for it, and ssh2 does not read certificates', 'transport'],
    ],
    [
      'known beside a certificate authority',
      `@cert-authority hv-* ${line('', OTHER).trim()}\n${line('hv-01', OURS)}`,
      strict,
      'taken',
    ],
    ['pinned, whatever is known', line('hv-01', OTHER), pinned(OURS), 'taken'],
    [
      'not the pinned one, although known',
      line('hv-01', OURS),
      pinned(OTHER),
      ['E_HOSTKEY_CHANGED', `pinned ${fingerprintOf(OTHER)}`, ''],
    ],
    ['the new one that is expected', line('hv-01', OLD), rekeyTo(OURS), 'taken', line('hv-01', OURS)],
    ['the new one, the old name is hashed', hashed('hv-01', OLD), rekeyTo(OURS), 'taken', line('hv-01', OURS)],
    ['known, and another is expected', line('hv-01', OURS), rekeyTo(OTHER), 'taken'],
    [
      'neither the old nor the expected one',
      line('hv-01', OLD),
      rekeyTo(OTHER),
      ['E_HOSTKEY_CHANGED', `${fingerprintOf(OTHER)} was expected in its place`, ''],
    ],
    ['new, in the place of a key that is no longer known', line('hv-01', OTHER), rekeyTo(OURS), CHANGED],
    ['unknown, and the old one is not known either', NOTHING, rekeyTo(OURS), UNKNOWN],
    ['new on the last day', line('hv-01', OLD), rekeyUntil('2026-06-15'), 'taken', line('hv-01', OURS)],
    [
      'new a day too late',
      line('hv-01', OLD),
      rekeyUntil('2026-06-14'),
      ['E_HOSTKEY_CHANGED', 'another one was expected until 2026-06-14', ''],
    ],
    ['new and revoked', `${line('hv-01', OLD)}@revoked * ${line('', OURS).trim()}\n`, rekeyTo(OURS), REVOKED],
  ])('is judged right: %s', async (_what, text, policy, verdict, written = 'nothing') => {
    const { error, ...file } = await judged(text, policy)

    const [code, message, remedy] = verdict === 'taken' ? [] : verdict
    expect(error?.code).toBe(code)
    expect(error?.message ?? '').toContain(message ?? '')
    expect(error?.remedy ?? '').toContain(remedy ?? '')
    expect(written.startsWith('+') || written === 'nothing' ? file.written : file.after).toBe(written)
  })

  test('is refused once the one that took its place was seen', async () => {
    const path = join(folder, 'twice')
    writeFileSync(path, line('hv-01', OLD))
    const connection = {
      ...{ address: 'hv-01', port: 22, user: 'ops', identityFiles: [], become: 'sudo' as const },
      ...{ knownHosts: [path], hostKeys: rekeyTo(OURS) },
    }
    const keys = makeHostKeys(() => '2026-06-15')
    const judge = async (key: Buffer) =>
      (await (await keys.judgeFor(connection, unreachableOf('hv-01', connection))).judge(key))?.error

    const answers = [await judge(OLD), await judge(OURS), await judge(OLD)]

    expect(answers.map((error) => (error as { code?: string } | undefined)?.code)).toEqual([
      undefined,
      undefined,
      'E_HOSTKEY_CHANGED',
    ])
  })
})

describe('a known_hosts file that is changed', () => {
  const add = { type: 'ssh-ed25519', key: OURS.toString('base64') }
  const remove = OLD.toString('base64')

  test('keeps every other byte, and the other names of a line', () => {
    const before = `# é\r\n\n  hv-00,HV-01,hv-02   ssh-ed25519 ${remove}   note \n${hashed('hv-09', OLD)}@revoked hv-01 ssh-ed25519 ${remove}\nhv-* ssh-ed25519 ${remove}\nlast`

    const after = editKnownHosts(before, [{ name: 'hv-01', add, remove }])

    expect(after).toBe(`${before.replace('HV-01,', '')}\n${line('hv-01', OURS)}`)
  })

  test('stays a link and becomes its owner’s alone, and keeps bytes that are no text', async () => {
    const [real, link] = [join(folder, 'real'), join(folder, 'link')]
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0x00, 0x0a]), Buffer.from(line('hv-02', OTHER))])
    writeFileSync(real, bytes)
    chmodSync(real, 0o666)
    symlinkSync(real, link)

    await writeKnownHosts(link, [{ name: 'hv-01', add }])

    expect(readFileSync(real)).toEqual(Buffer.concat([bytes, Buffer.from(line('hv-01', OURS))]))
    expect(statSync(real).mode & 0o777).toBe(0o600)
  })

  test('is made where there is none, and is never a device', async () => {
    await writeKnownHosts(join(folder, 'new/known_hosts'), [{ name: 'hv-01', add }])

    expect(readFileSync(join(folder, 'new/known_hosts'), 'utf8')).toBe(line('hv-01', OURS))
    await expect(writeKnownHosts('/dev/null', [{ name: 'hv-01', add }])).rejects.toThrow('is no regular file')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})
