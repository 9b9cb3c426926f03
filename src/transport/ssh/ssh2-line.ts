import type { Client, ClientChannel } from 'ssh2'
import { askForChannel, type Line, type Opened } from '../line.ts'
import type { ShellChannel } from '../shell/framed-shell.ts'
import type { Unreachable } from '../unreachable.ts'

const OPENS_WITHIN = 15_000
const CLOSES_WITHIN = 1_000

/** The line that a client of ssh2 is. */
export function ssh2Line(client: Client, user: string, unreachable: Unreachable): Line {
  let lost = false
  client.on('error', () => {})
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
      if (!lost) await farewell(client)
    },
    drop: () => client.destroy(),
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
function farewell(client: Client): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => client.destroy(), CLOSES_WITHIN)
    client.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    client.end()
  })
}
