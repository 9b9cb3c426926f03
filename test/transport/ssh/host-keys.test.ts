import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BOTH, useSshd } from '../hosts/reach.ts'

describe.each(BOTH)('over %s', (transport) => {
  const on = useSshd({ transport, hostKeys: ['ed25519', 'rsa', 'ecdsa'] })

  const publicKey = (type: string): string =>
    readFileSync(join(on.sshd.folder, `host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
  const fingerprint = (type: string): string =>
    execFileSync('ssh-keygen', ['-lf', join(on.sshd.folder, `host_${type}.pub`)], { encoding: 'utf8' }).split(' ')[1] ??
    ''
  const place = (): string => `[127.0.0.1]:${on.sshd.connection.port}`

  describe('the key of a host', () => {
    test('is refused when nothing is known of the host, with its fingerprint and what to do', async () => {
      const knownHosts = [on.write('known-none', '')]

      const refused = on.reach({ knownHosts })

      await expect(refused).rejects.toMatchObject({
        code: 'E_HOSTKEY_UNKNOWN',
        stage: 'host-key',
        retry: false,
        message: `hv-01: the host key of 127.0.0.1:${on.sshd.connection.port} is not known: ssh-ed25519 ${fingerprint('ed25519')}`,
        remedy: expect.stringContaining('runbook keys trust'),
      })
    })

    test('is refused when another is known, and says where', async () => {
      const other = execFileSync('ssh-keygen', ['-yf', join(on.sshd.folder, 'key')], { encoding: 'utf8' })
      const knownHosts = [on.write('known-other', `# first line\n${place()} ${other}`)]

      await expect(on.reach({ knownHosts })).rejects.toMatchObject({
        code: 'E_HOSTKEY_CHANGED',
        message: expect.stringContaining(`${knownHosts[0]}:2`),
      })
    })

    test('is refused when it is revoked', async () => {
      const knownHosts = [
        on.write('known-revoked', `${place()} ${publicKey('ed25519')}\n@revoked * ${publicKey('ed25519')}\n`),
      ]

      await expect(on.reach({ knownHosts })).rejects.toMatchObject({ code: 'E_HOSTKEY_REVOKED' })
    })

    test('is asked for in the type that is known', async () => {
      const knownHosts = [on.write('known-rsa', `${place()} ${publicKey('rsa')}\n`)]

      expect(await on.reach({ knownHosts })).toContain('root')
    })

    test('is asked for once more where a hashed line knows another type', async () => {
      const path = on.write('known-hashed', `${place()} ${publicKey('ecdsa')}\n`)
      execFileSync('ssh-keygen', ['-q', '-H', '-f', path], { stdio: 'ignore' })

      expect(readFileSync(path, 'utf8')).toMatch(/^\|1\|/)
      expect(await on.reach({ knownHosts: [path] })).toContain('root')
    })

    test('is recorded once with accept-new, in a private file, after a line that had no end', async () => {
      const path = on.write('known-new', 'elsewhere ssh-ed25519 AAAA')
      chmodSync(path, 0o600)
      const changed = { knownHosts: [path], hostKeys: { kind: 'accept-new' } } as const

      await on.reach(changed)
      await on.reach(changed)

      expect(readFileSync(path, 'utf8')).toBe(`elsewhere ssh-ed25519 AAAA\n${place()} ${publicKey('ed25519')}\n`)
    })

    test('must be the pinned one', async () => {
      const pin = (key: string) => on.reach({ knownHosts: [], hostKeys: { kind: 'pinned', fingerprint: key } })

      expect(await pin(fingerprint('ed25519'))).toContain('root')
      await expect(pin(fingerprint('rsa').replace('SHA256:', 'SHA256:x'))).rejects.toMatchObject({
        code: 'E_HOSTKEY_CHANGED',
      })
    })

    test('is refused where it is pinned and revoked', async () => {
      const knownHosts = [on.write('known-pin', `@revoked * ${publicKey('ed25519')}\n`)]
      const hostKeys = { kind: 'pinned', fingerprint: fingerprint('ed25519') } as const

      await expect(on.reach({ knownHosts, hostKeys })).rejects.toMatchObject({ code: 'E_HOSTKEY_REVOKED' })
    })

    test('is refused when the known hosts cannot be read', async () => {
      await expect(on.reach({ knownHosts: ['/etc/ssh'] })).rejects.toMatchObject({
        code: 'E_KNOWN_HOSTS',
        stage: 'host-key',
      })
    })
  })
})
