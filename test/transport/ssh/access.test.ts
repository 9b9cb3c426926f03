import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { HostConnection } from '../../../src/model/inventory.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { startPrivateSshd } from '../hosts/private-sshd.ts'
import { BOTH, reveal } from '../hosts/reach.ts'

const ASKED = 'every command is recorded here'

describe.each(BOTH)('over %s', (transport) => {
  describe('hosts as they are', () => {
    test('give a shell through a slow start file, which is run once', async () => {
      const sshd = await startPrivateSshd()
      await sshd.inside('echo "sleep 0.5; echo was here >>/home/operator/visits" >/home/operator/.bashrc')
      await sshd.inside('mount -o remount,mode=0777 /home; chmod -R 0777 /home/operator')

      const answers = await asked(sshd.connection, { user: 'operator', become: 'sudo' }, ['id -un', 'echo again'])

      expect(answers).toEqual(['root\n', 'again\n'])
      expect((await sshd.inside('cat /home/operator/visits')).stdout).toBe('was here\n')
      await sshd.down()
    })

    test('need no home that can be written', async () => {
      const sshd = await startPrivateSshd({ prepareIn: () => 'mount -o remount,ro /home; mount -o remount,ro /root' })

      const answers = await asked(sshd.connection, { user: 'operator', become: 'sudo' }, ['id -un', 'touch ~/x 2>&1'])

      expect(answers).toEqual(['root\n', expect.stringContaining('Read-only file system')])
      await sshd.down()
    })

    test('answer everything through one channel where sshd gives no second', async () => {
      const sshd = await startPrivateSshd({ sshd: ['MaxSessions 1'] })
      const { connection, close } = await opened(sshd.connection)

      const slow = Array.from({ length: 3 }, (_, index) =>
        connection.look(`sleep 0.1; echo slow ${index}`, { limit: '1m' }),
      )
      const quick = connection.look('echo quick', { limit: '5s' })

      expect((await Promise.all([...slow, quick])).map(({ stdout }) => stdout)).toEqual([
        'slow 0\n',
        'slow 1\n',
        'slow 2\n',
        'quick\n',
      ])
      await close()
      await sshd.down()
    })

    test('end a question that does not end where sshd gives no second channel', async () => {
      const sshd = await startPrivateSshd({ sshd: ['MaxSessions 1'] })
      const { connection, close } = await opened(sshd.connection)
      await connection.look('true', { limit: '1m' })

      const stuck = connection.look('sleep 4343', { limit: '500ms' })
      const next = connection.look('echo next', { limit: '5s' })

      await expect(stuck).rejects.toMatchObject({ code: 'E_TIMED_OUT' })
      expect((await next).stdout).toBe('next\n')
      await close()
      await sshd.down()
    })

    test('that let nobody run a command say so, with their own words', async () => {
      const sshd = await startPrivateSshd({ loginShell: '/usr/sbin/nologin' })

      await expect(asked(sshd.connection, { user: 'operator', become: 'sudo' }, [])).rejects.toMatchObject({
        code: 'E_SHELL',
        stage: 'channel',
        retry: false,
        message: expect.stringMatching(
          /hv-01: the login of operator on 127\.0\.0\.1:\d+ runs no commands: each one ends with “This account is currently not available\.”/,
        ),
        remedy: expect.stringContaining('nologin'),
      })
      await sshd.down()
    })

    test.each([
      ['prints and ends', `echo ${ASKED}`, 'each one ends with', 'none'],
      ['prints and ends, before sudo', `echo ${ASKED}`, 'each one ends with', 'sudo'],
      ['ends without a word', 'true', 'each one ends without a word', 'none'],
    ] as const)('whose ForceCommand %s say so', async (_what, command, told, become) => {
      const sshd = await startPrivateSshd({ sshd: [`ForceCommand ${command}`] })
      const user = become === 'sudo' ? 'operator' : 'root'

      await expect(asked(sshd.connection, { user, become }, [])).rejects.toMatchObject({
        code: 'E_SHELL',
        stage: 'channel',
        message: expect.stringContaining(told),
        remedy: expect.stringContaining('ForceCommand'),
      })
      await sshd.down()
    })

    test('work with a ForceCommand that runs what was asked for', async () => {
      const sshd = await startPrivateSshd({ sshd: ['ForceCommand exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'] })

      expect(await asked(sshd.connection, {}, ['echo through'])).toEqual(['through\n'])
      await sshd.down()
    })

    test('that draw by lot who may log in are reached by everybody in the end', async () => {
      const sshd = await startPrivateSshd({ sshd: ['MaxStartups 2:50:3'] })
      const transports = Array.from({ length: 8 }, () => opened({ ...sshd.connection, transport }, '1m'))

      const lines = await Promise.all(transports)

      const answers = await Promise.all(lines.map(({ connection }) => connection.look('echo in', { limit: '5s' })))
      expect(answers.map(({ stdout }) => stdout)).toEqual(Array(8).fill('in\n'))
      expect(sshd.log()).toContain('MaxStartups')
      await Promise.all(lines.map(({ close }) => close()))
      await sshd.down()
    }, 90_000)

    test('that punish the address say so', async () => {
      // What sshd 9.8 and newer write to an address that PerSourcePenalties keeps out.
      const server = createServer((socket) => socket.on('error', () => {}).end('Not allowed at this time\r\n'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const sshd = await startPrivateSshd()
      const { port } = server.address() as AddressInfo

      await expect(opened({ ...sshd.connection, port }, '1s')).rejects.toMatchObject({
        code: 'E_PENALTY',
        stage: 'banner',
        retry: true,
      })
      server.close()
      await sshd.down()
    })
  })

  async function opened(connection: HostConnection, deadline: '1s' | '20s' | '1m' = '20s') {
    const way = createSshTransport({ reveal })
    const host = { name: 'hv-01', connection: { ...connection, transport } }
    const line = await way.open(host, { deadline }).catch(async (error: unknown) => {
      await way.close()
      throw error
    })
    return { connection: line, close: () => way.close() }
  }

  async function asked(to: HostConnection, changed: Partial<HostConnection>, commands: readonly string[]) {
    const { connection, close } = await opened({ ...to, ...changed })
    const answers = await Promise.all(commands.map((command) => connection.look(command, { limit: '10s' })))
    await close()
    return answers.map(({ stdout }) => stdout)
  }
})
