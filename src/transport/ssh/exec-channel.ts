import type { Client, ClientChannel } from 'ssh2'
import type { ShellChannel } from '../shell/framed-shell.ts'
import type { Unreachable } from '../unreachable.ts'

const OPENS_WITHIN = 15_000

/**
 * Runs one command line in a channel of its own.
 * ssh2 may never call back on a socket that is half open, so the wait has its own limit.
 * Throws HostUnreachable of stage `channel`.
 */
export function execChannel(client: Client, commandLine: string, unreachable: Unreachable): Promise<ShellChannel> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(unreachable.channel(new Error('no answer within 15s'))), OPENS_WITHIN)
    const lost = () => settle(() => reject(unreachable.lost()))
    const settle = (how: () => void) => {
      clearTimeout(timer)
      client.off('close', lost)
      how()
    }
    client.once('close', lost)
    try {
      client.exec(commandLine, (error, channel) =>
        settle(() => (error ? reject(unreachable.channel(error)) : resolve(asShellChannel(channel)))),
      )
    } catch (cause) {
      // ssh2 throws at once when the socket is not writable any more.
      settle(() => reject(unreachable.lost(cause)))
    }
  })
}

function asShellChannel(channel: ClientChannel): ShellChannel {
  // An error of one channel is followed by its close, which is what its owner listens to.
  channel.on('error', () => {})
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    onClose: (listener) => channel.once('close', listener),
    close: () => channel.close(),
  }
}
