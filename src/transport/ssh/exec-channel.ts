import type { Client, ClientChannel } from 'ssh2'
import type { ShellChannel } from '../shell/framed-shell.ts'
import type { Unreachable } from '../unreachable.ts'

const OPENS_WITHIN = 15_000
/** A host at its MaxSessions gives the next channel once one of ours has closed. */
const TRIES = 5
const BETWEEN_TRIES = 300

/** Runs one command line in a channel of its own. Throws HostUnreachable of stage `channel` or `lost`. */
export async function execChannel(
  client: Client,
  commandLine: string,
  unreachable: Unreachable,
): Promise<ShellChannel> {
  for (let attempt = 1; ; attempt += 1) {
    const opened = await tryExec(client, commandLine)
    if (opened.kind === 'open') return asShellChannel(opened.channel)
    if (opened.kind === 'lost') throw unreachable.lost(opened.cause)
    if (attempt === TRIES) throw unreachable.channel(opened.cause)
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES))
  }
}

type Opened =
  | { readonly kind: 'open'; readonly channel: ClientChannel }
  | { readonly kind: 'lost' | 'refused'; readonly cause?: unknown }

/** ssh2 may never call back on a socket that is half open, so the wait has its own limit. */
function tryExec(client: Client, commandLine: string): Promise<Opened> {
  return new Promise((resolve) => {
    let waiting = true
    const timer = setTimeout(() => settle({ kind: 'lost', cause: new Error('no channel within 15s') }), OPENS_WITHIN)
    const onClose = () => settle({ kind: 'lost' })
    client.once('close', onClose)

    function settle(opened: Opened): void {
      waiting = false
      clearTimeout(timer)
      client.off('close', onClose)
      resolve(opened)
    }

    try {
      client.exec(commandLine, (error, channel) => {
        if (!waiting) channel?.close()
        else if (error) settle({ kind: 'refused', cause: error })
        else settle({ kind: 'open', channel })
      })
    } catch (cause) {
      // ssh2 throws at once when the socket is not writable any more.
      settle({ kind: 'lost', cause })
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
