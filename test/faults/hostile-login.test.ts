import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/engine/ports.ts'
import type { Duration } from '../../src/model/duration.ts'
import { createSshTransport } from '../../src/transport/transport.ts'
import { reveal } from '../transport/hosts/reach.ts'
import { type Lies, startHostileHost } from './hostile-host.ts'

/** What comes of one question to a host that lies. */
async function asked(lies: Lies, { deadline = '10s' as Duration, question = 'true' } = {}): Promise<unknown> {
  const host = await startHostileHost(lies)
  const transport = createSshTransport({ reveal })
  try {
    const line: Connection = await transport.open({ name: 'hv-01', connection: host.connection }, { deadline })
    return await line.look(question, { limit: '2s' })
  } finally {
    await transport.close()
    await host.down()
  }
}

/** Writes the same without end, as fast as it is taken. */
function endlessly(socket: Socket, bytes: string): boolean {
  const talk = () => socket.writable && socket.write(bytes, () => setImmediate(talk))
  talk()
  return false
}

/** What ssh2 keeps to itself. */
interface Inside {
  readonly _sock: Socket
  readonly _protocol: {
    readonly _offer: { readonly lists: { readonly all: Buffer } }
    readonly _hostKeys: Record<string, unknown>
    _strictMode: boolean
    rekey(): void
  }
}
const inside = (client: object): Inside => client as unknown as Inside

describe.concurrent('a host that lies until somebody is logged in', () => {
  test('is asked without harm where it does not', async () => {
    await expect(asked({})).resolves.toMatchObject({ exitCode: 0 })
  })

  test('is left when it greets as SSH and never ends its first line', async () => {
    const greeted = asked({ onSocket: (socket) => endlessly(socket, `SSH-2.0-${'x'.repeat(60_000)}`) })

    await expect(greeted).rejects.toMatchObject({
      code: 'E_PROTOCOL',
      stage: 'key-exchange',
      remedy: expect.stringContaining('Is it sshd'),
    })
  })

  test('is left when it speaks no SSH behind its greeting', async () => {
    const greeted = asked({
      onSocket: (socket) => {
        socket.write(`SSH-2.0-Babble\r\n${'\0\0\0\x0c\x0a\x14'}${'x'.repeat(9_000)}`)
        return false
      },
    })

    await expect(greeted).rejects.toMatchObject({ stage: 'key-exchange', message: expect.stringContaining('hv-01') })
  })

  test('gets one deadline for all stages, not one for each', async () => {
    const slow = asked(
      {
        onSocket: (socket) => {
          setTimeout(() => socket.write('SSH-2.0-Slow\r\n'), 1_100)
          return false
        },
      },
      { deadline: '3s' },
    )

    await expect(slow).rejects.toMatchObject({
      code: 'E_KEX_TIMEOUT',
      message: expect.stringMatching(/did not end within [12]s$/),
    })
  })

  test('is left when it never answers the login', async () => {
    await expect(asked({ onLogin: () => {} }, { deadline: '1s' })).rejects.toMatchObject({
      code: 'E_AUTH_TIMEOUT',
      stage: 'auth',
    })
  })

  test('is left when it refuses every key, and is not asked without end', async () => {
    let asks = 0
    const refused = asked({
      onLogin: (login) => {
        asks += 1
        login.reject(['publickey', 'password', 'keyboard-interactive'])
      },
    })

    await expect(refused).rejects.toMatchObject({ code: 'E_AUTH', retry: false })
    expect(asks).toBeLessThan(4)
  })

  test('may send garbage in one piece with the end of the login', async () => {
    const broken = asked({
      onLogin: (login, client) => {
        const { _sock: socket } = inside(client)
        socket.cork()
        login.accept()
        setImmediate(() => {
          socket.write(Buffer.alloc(1_000, 0xff))
          socket.uncork()
        })
      },
    })

    await expect(broken).rejects.toMatchObject({ name: 'HostUnreachable' })
  })

  test.each([
    ['offers strict key exchange', false],
    ['does not', true],
  ])('is spoken to by ChaCha20 only where it %s', async (_what, weak) => {
    const cipher = ['chacha20-poly1305@openssh.com'] as const
    const answer = asked({
      server: { algorithms: { cipher: [...cipher] } },
      ...(weak ? { onConnection: withoutStrictness } : {}),
    })

    if (!weak) await expect(answer).resolves.toMatchObject({ exitCode: 0 })
    else {
      await expect(answer).rejects.toMatchObject({
        code: 'E_KEX',
        retry: false,
        message: expect.stringContaining('CVE-2023-48795'),
      })
    }
  })

  test('must stay the host that was judged when keys are exchanged anew', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbook-other-key-'))
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'other')])
    const other = ssh2.utils.parseKey(readFileSync(join(folder, 'other')))
    rmSync(folder, { recursive: true })

    const swapped = asked({
      onReady: (client) => {
        const { _protocol: protocol } = inside(client)
        protocol._hostKeys['ssh-ed25519'] = other
        protocol.rekey()
      },
    })

    await expect(swapped).rejects.toMatchObject({ name: 'HostUnreachable' })
  })

  test('may exchange keys anew as the same host', async () => {
    const same = asked({ onReady: (client) => inside(client)._protocol.rekey() })

    await expect(same).resolves.toMatchObject({ exitCode: 0 })
  })
})

/** As an OpenSSH before 9.6. */
function withoutStrictness(client: object): void {
  const { _protocol: protocol } = inside(client)
  protocol._strictMode = false
  const { all } = protocol._offer.lists
  all.write('kex-absent', all.indexOf('kex-strict'))
}
