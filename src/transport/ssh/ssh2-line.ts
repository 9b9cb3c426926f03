import type { Client, ClientChannel } from 'ssh2'
import { askForChannel, type Line, type Opened } from '../line.ts'
import type { ShellChannel } from '../shell/framed-shell.ts'
import type { Unreachable } from '../unreachable.ts'
import type { LoggedIn } from './handshake.ts'

const OPENS_WITHIN = 15_000
const CLOSES_WITHIN = 1_000

/** The line that a client of ssh2 is. */
export function ssh2Line(loggedIn: LoggedIn, user: string, unreachable: Unreachable): Line {
  const { client, drop } = loggedIn
  let lost = false
  // Behind an error ssh2 only says goodbye, and waits for a peer that may talk on without end.
  client.on('error', drop)
  client.once('close', () => {
    lost = true
  })
  return {
    user,
    get lost() {
      return lost
    },
    exec: (commandLine) => askForChannel(() => tryExec(client, commandLine), unreachable),
    close: async () => {
      if (!lost) await farewell(loggedIn)
    },
    drop,
  }
}

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
        else settle({ kind: 'open', channel: asShellChannel(channel) })
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

/** A line that does not answer the goodbye is dropped. */
function farewell({ client, drop }: LoggedIn): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer)
      drop()
      resolve()
    }
    const timer = setTimeout(over, CLOSES_WITHIN)
    client.once('close', over)
    client.end()
  })
}
