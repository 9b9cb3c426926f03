import { createServer, type Server, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { HostConnection } from '../../../src/model/inventory.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { startPrivateSshd } from '../hosts/private-sshd.ts'
import { BOTH, reveal, useSshd } from '../hosts/reach.ts'

describe.each(BOTH)('over %s', (speaker) => {
  const on = useSshd({ transport: speaker })

  describe('the way to a host', () => {
    /** A server that is no sshd. */
    async function serverThat(does: (socket: Socket) => void): Promise<Server & { port: number }> {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        does(socket)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      return Object.assign(server, { port: typeof address === 'object' && address ? address.port : 0 })
    }

    async function opening(changed: Partial<HostConnection>, deadline: '2s' | '10s' = '10s'): Promise<unknown> {
      const transport = createSshTransport({ reveal })
      const host = { name: 'hv-01', connection: { ...on.sshd.connection, ...changed } }
      return transport.open(host, { deadline }).finally(() => transport.close())
    }

    test('names a refused connection', async () => {
      const server = await serverThat(() => {})
      await new Promise((resolve) => server.close(resolve))

      await expect(opening({ port: server.port })).rejects.toMatchObject({
        code: 'E_REFUSED',
        stage: 'dial',
        retry: true,
        message: `hv-01: 127.0.0.1:${server.port} refuses connections`,
      })
    })

    test('names a name that has no address', async () => {
      await expect(opening({ address: 'hv-01.invalid' })).rejects.toMatchObject({ code: 'E_DNS', stage: 'dial' })
    })

    test('names a peer that accepts and says nothing', async () => {
      const server = await serverThat(() => {})

      await expect(opening({ port: server.port }, '2s')).rejects.toMatchObject({
        code: 'E_BANNER_TIMEOUT',
        stage: 'banner',
        retry: true,
      })
      server.close()
    })

    test('names a peer that hangs up before it spoke', async () => {
      const server = await serverThat((socket) => socket.end())

      await expect(opening({ port: server.port })).rejects.toMatchObject({ code: 'E_BANNER', stage: 'banner' })
      server.close()
    })

    test('hangs up on a peer that never stops talking before it speaks SSH', async () => {
      const server = await serverThat((socket) => {
        const talk = () => socket.writable && socket.write('x'.repeat(4_000) + '\r\n', talk)
        talk()
      })

      await expect(opening({ port: server.port })).rejects.toMatchObject({ code: 'E_BANNER', stage: 'banner' })
      server.close()
    })

    test('names a peer that stops in the middle of the key exchange', async () => {
      const server = await serverThat((socket) => socket.write('SSH-2.0-Stuck\r\n'))

      await expect(opening({ port: server.port }, '2s')).rejects.toMatchObject({
        code: 'E_KEX_TIMEOUT',
        stage: 'key-exchange',
      })
      server.close()
    })

    test('tells a peer that hangs up in the middle from one that has no common algorithm', async () => {
      const server = await serverThat((socket) => socket.write('SSH-2.0-Leaving\r\n', () => socket.end()))

      await expect(opening({ port: server.port })).rejects.toMatchObject({
        code: 'E_HUNG_UP',
        stage: 'key-exchange',
        retry: true,
      })
      server.close()
    })

    test('stops when asked to', async () => {
      const server = await serverThat(() => {})
      const transport = createSshTransport({ reveal })
      const host = { name: 'hv-01', connection: { ...on.sshd.connection, port: server.port } }

      const stopped = transport.open(host, { deadline: '10s', signal: AbortSignal.timeout(100) })

      await expect(stopped).rejects.toMatchObject({ name: 'Interrupted' })
      server.close()
    })

    test('opens many lines at once', async () => {
      const transport = createSshTransport({ reveal, maxHandshakes: 4 })
      const host = { name: 'hv-01', connection: on.sshd.connection }

      const lines = await Promise.all(Array.from({ length: 12 }, () => transport.open(host, { deadline: '30s' })))

      const answers = await Promise.all(lines.map((line) => line.look('echo here', { limit: '5s' })))
      await transport.close()
      expect(answers.map(({ stdout }) => stdout)).toEqual(Array(12).fill('here\n'))
    })

    test('throws lost for every call after the line was closed', async () => {
      const transport = createSshTransport({ reveal })
      const line = await transport.open({ name: 'hv-01', connection: on.sshd.connection }, { deadline: '10s' })
      await line.close()

      const calls = [
        line.look('true', { limit: '5s' }),
        line.read('/etc/passwd'),
        line.guard.inspect('r1'),
        line.guard.unlock('r1'),
      ]

      const codes = await Promise.all(
        calls.map((call) =>
          call.then(
            () => 'answered',
            (error: { code: string }) => error.code,
          ),
        ),
      )
      expect(codes).toEqual(Array(4).fill('E_LOST'))
    })
  })

  // ssh2 would be blocked by any exchange with a group of its own; ssh itself refuses only those with SHA-1.
  const TOO_OLD = {
    ssh2: 'diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256',
    openssh: 'diffie-hellman-group14-sha1',
  }

  test('refuses an sshd that offers only classic Diffie-Hellman, and says what it must offer', async () => {
    const old = await startPrivateSshd({
      sshd: [`KexAlgorithms ${TOO_OLD[speaker]}`],
    })
    const transport = createSshTransport({ reveal })

    const refused = transport.open(
      { name: 'hv-01', connection: { ...old.connection, transport: speaker } },
      { deadline: '10s' },
    )

    await expect(refused).rejects.toMatchObject({
      code: 'E_KEX',
      stage: 'key-exchange',
      retry: false,
      remedy: expect.stringContaining('curve25519-sha256'),
    })
    await old.down()
  })

  test('queues questions with channels of their own where the host gives few', async () => {
    const narrow = await startPrivateSshd({ sshd: ['MaxSessions 2'] })
    const transport = createSshTransport({ reveal })
    const line = await transport.open(
      { name: 'hv-01', connection: { ...narrow.connection, transport: speaker } },
      { deadline: '10s' },
    )

    const slow = Array.from({ length: 5 }, (_, index) => line.look(`sleep 0.2; echo ${index}`, { limit: '1m' }))

    expect((await Promise.all(slow)).map(({ stdout }) => stdout)).toEqual(['0\n', '1\n', '2\n', '3\n', '4\n'])
    await transport.close()
    await narrow.down()
  }, 30_000)
})
