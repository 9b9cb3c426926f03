import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AuthContext, type Connection, type ServerChannel, type ServerConfig, type Session } from 'ssh2'
import type { HostConnection } from '../../src/model/inventory.ts'

/** What a host that lies does instead of what it should. Each default is honest. */
export interface Lies {
  /** The bytes of its side of the line, before SSH is spoken on it. Give `false` to speak no SSH at all. */
  readonly onSocket?: (socket: Socket) => boolean
  readonly server?: Partial<ServerConfig>
  /** Before the first byte of SSH is said. */
  readonly onConnection?: (client: Connection) => void
  /** Default: lets everybody in. */
  readonly onLogin?: (login: AuthContext, client: Connection) => void
  readonly onReady?: (client: Connection, socket: Socket) => void
  /** Default: gives a session whose commands are shells. */
  readonly onSession?: (accept: () => Session) => void
  /** Default: a shell that answers by `answer`. */
  readonly onExec?: (channel: ServerChannel, command: string) => void
  /** What a shell says instead of who it is, before it ends. Default: it is root's, and stays. */
  readonly who?: string
  /** What a framed request is answered; null is silence. Default: nothing, and exit 0. */
  readonly answer?: (request: FramedRequest, channel: ServerChannel) => ShellAnswer | null
}

/** One request as it stands in the stdin of a shell. */
export interface FramedRequest {
  readonly nonce: string
  readonly id: number
  /** The quoted command and what else was sent with it. */
  readonly text: string
}

export interface ShellAnswer {
  readonly stdout?: string
  readonly stderr?: string
  readonly exitCode?: number | string
}

/** A server on a loopback port that speaks SSH and lies. */
export interface HostileHost {
  readonly connection: HostConnection
  /** Command lines that were asked to be run. */
  readonly commands: readonly string[]
  down(): Promise<void>
}

export async function startHostileHost(lies: Lies = {}): Promise<HostileHost> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-hostile-'))
  for (const name of ['host', 'key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', join(folder, name)])
  }
  const hostKeys = [readFileSync(join(folder, 'host'))]
  const sockets = new Set<Socket>()
  const commands: string[] = []

  const speak = (socket: Socket) => {
    const server = new ssh2.Server({ hostKeys, ...lies.server }, (client) => serve(client, socket))
    server.injectSocket(socket)
  }

  function serve(client: Connection, socket: Socket): void {
    client.on('error', () => {})
    lies.onConnection?.(client)
    client.on('authentication', (login) => (lies.onLogin ?? ((one) => one.accept()))(login, client))
    client.on('ready', () => lies.onReady?.(client, socket))
    client.on('session', (accept) => {
      const open = () => {
        const session = accept()
        session.on('exec', (grant, _reject, { command }) => {
          commands.push(command)
          const channel = grant()
          channel.on('error', () => {})
          if (lies.onExec) lies.onExec(channel, command)
          else answerFrames(channel, command, lies)
        })
        return session
      }
      if (lies.onSession) lies.onSession(open)
      else open()
    })
  }

  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    if (lies.onSocket?.(socket) ?? true) speak(socket)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const [type, key] = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ')
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${type} ${key}\n`)
  return {
    commands,
    connection: {
      address: '127.0.0.1',
      port,
      user: 'root',
      identityFiles: [join(folder, 'key')],
      knownHosts: [join(folder, 'known_hosts')],
      hostKeys: { kind: 'strict' },
      become: 'none',
      transport: 'ssh2',
    },
    async down() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const ROOT = '0 4242 (sh) S 1 4242 4242 0 -1'

/** Plays a shell that says who it is, and is then asked in frames. */
function answerFrames(channel: ServerChannel, command: string, { who, answer = () => ({}) }: Lies): void {
  if (who !== undefined) {
    channel.end(who)
    return
  }
  channel.write(`${/runbook-[0-9a-f]{32}-shell/.exec(command)?.[0]} ${ROOT}\n`)
  let text = ''
  channel.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    for (;;) {
      const request = /echo '([0-9a-f]{32}) start (\d+)';([\s\S]*?)echo '\1 end \2 -' >&2\n/.exec(text)
      if (!request) return
      text = text.slice(request.index + request[0].length)
      const [, nonce = '', id = '', asked = ''] = request
      const said = answer({ nonce, id: Number(id), text: asked }, channel)
      if (said === null) continue
      const { stdout = '', stderr = '', exitCode = 0 }: ShellAnswer = said
      channel.write(`${nonce} start ${id}\n${stdout}${nonce} end ${id} ${exitCode}\n`)
      channel.stderr.write(`${stderr}${nonce} end ${id} -\n`)
    }
  })
}
