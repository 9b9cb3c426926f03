import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BOTH, useSshd } from '../hosts/reach.ts'

describe.each(BOTH)('over %s', (transport) => {
  const on = useSshd({ transport })

  describe('logging in', () => {
    test('tells which keys were tried when the host refuses them', async () => {
      const path = join(on.sshd.folder, 'host_ed25519')

      const refused = on.reach({ identityFiles: [path] })

      await expect(refused).rejects.toMatchObject({
        code: 'E_AUTH',
        stage: 'auth',
        retry: false,
        message: expect.stringContaining(path),
      })
    })

    test('says that there is no key and no agent', async () => {
      await expect(on.reach({ identityFiles: [] })).rejects.toMatchObject({
        code: 'E_AUTH',
        message: expect.stringContaining('SSH_AUTH_SOCK'),
      })
    })

    test('says that a key is encrypted and how to load it', async () => {
      const path = join(on.sshd.folder, 'encrypted')
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', path])

      await expect(on.reach({ identityFiles: [path] })).rejects.toMatchObject({
        code: 'E_AUTH',
        message: expect.stringContaining(`${path} is encrypted`),
        remedy: expect.stringContaining(`ssh-add ${path}`),
      })
    })

    test.each([
      ['is missing', '/no/such/key'],
      ['is no key', '/etc/hostname'],
    ])('names an identity file that %s', async (_what, path) => {
      await expect(on.reach({ identityFiles: [path] })).rejects.toMatchObject({
        code: 'E_AUTH',
        message: expect.stringContaining(path),
      })
    })

    test('uses the keys of an agent', async () => {
      const agentSocket = join(on.sshd.folder, 'agent')
      const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' })
      await expect
        .poll(() =>
          readable(() =>
            execFileSync('ssh-add', [join(on.sshd.folder, 'key')], {
              env: { SSH_AUTH_SOCK: agentSocket },
              stdio: 'ignore',
            }),
          ),
        )
        .toBe(true)

      const answer = await on.reach({ identityFiles: [] }, { agentSocket })
      agent.kill()

      expect(answer).toContain('root')
    })

    test('asks the agent for the encrypted key that is named, and for no other one', async () => {
      const [locked, other] = [join(on.sshd.folder, 'locked'), join(on.sshd.folder, 'other')]
      copyFileSync(join(on.sshd.folder, 'key'), locked)
      chmodSync(locked, 0o600)
      execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'a passphrase', '-f', locked], { stdio: 'ignore' })
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
      const agentSocket = join(on.sshd.folder, 'fuller-agent')
      const agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' })
      const keys = [other, join(on.sshd.folder, 'key')]
      const add = () => execFileSync('ssh-add', keys, { env: { SSH_AUTH_SOCK: agentSocket }, stdio: 'ignore' })
      await expect.poll(() => readable(add)).toBe(true)
      const before = on.sshd.log().length

      const answer = await on.reach({ identityFiles: [locked] }, { agentSocket })
      agent.kill()

      expect(answer).toContain('root')
      expect(on.sshd.log().slice(before)).not.toContain('Failed publickey')
    })

    test('says that the agent gave no key that helps', async () => {
      const refused = on.reach({ identityFiles: [] }, { agentSocket: '/no/such/agent' })

      await expect(refused).rejects.toMatchObject({
        code: 'E_AUTH',
        message: expect.stringContaining('/no/such/agent'),
      })
    })
  })

  function readable(work: () => unknown): boolean {
    try {
      work()
      return true
    } catch {
      return false
    }
  }

  describe('becoming root', () => {
    test('needs no password where sudo needs none', async () => {
      expect(await on.reach({ user: 'operator', become: 'sudo' })).toBe('root\n/root\n')
    })

    test('gives the password when sudo asks', async () => {
      expect(await on.reach({ user: 'typist', become: 'sudo', sudoPassword: 'env:RIGHT' })).toBe('root\n/root\n')
    })

    test.each([
      ['none was given', 'typist', {}, 'E_SUDO_PASSWORD_MISSING'],
      ['it is wrong, which is tried once', 'typist', { sudoPassword: 'env:WRONG' }, 'E_SUDO_PASSWORD_WRONG'],
      ['the user does not become root at all', 'operator', { become: 'none' }, 'E_NOT_ROOT'],
    ] as const)(
      'fails precisely when %s',
      async (_what, user, changed, code) => {
        await expect(on.reach({ user, become: 'sudo', ...changed })).rejects.toMatchObject({
          code,
          stage: 'sudo',
          retry: false,
          message: expect.stringContaining(user),
        })
      },
      20_000,
    )

    test('tells a user whom sudo does not know what the host needs', async () => {
      await on.sshd.inside('echo "guest:open sesame" | chpasswd')

      await expect(on.reach({ user: 'guest', become: 'sudo', sudoPassword: 'env:RIGHT' })).rejects.toMatchObject({
        code: 'E_NOT_ROOT',
        message: expect.stringContaining('guest'),
        remedy: expect.stringContaining('needs passwordless sudo or become password'),
      })
    }, 20_000)

    test('is not held up by what a login shell prints', async () => {
      const text = 'echo motd; echo warning >&2; head -c 300000 /dev/zero | tr "\\\\0" x'
      await on.sshd.inside(
        `echo '${text}' >/etc/bash.bashrc; printf '%s\\n' '. /etc/bash.bashrc' >/home/typist/.bashrc; cp /home/typist/.bashrc /home/operator/`,
      )

      expect(await on.reach({ user: 'operator', become: 'sudo' })).toBe('root\n/root\n')
    })

    test('says so when a start file of the shell ends every command', async () => {
      await on.sshd.inside('echo "exit 5" >/home/operator/.bashrc')

      const refused = on.reach({ user: 'operator', become: 'sudo' })
      await expect(refused).rejects.toMatchObject({ name: 'HostUnreachable' })
      await on.sshd.inside('rm /home/operator/.bashrc')
    })
  })
})
