import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { childChannel } from '../child-channel.ts'
import type { Opened } from '../line.ts'
import type { ShellChannel } from '../shell/framed-shell.ts'
import { type Ssh, startChannel } from './start-ssh.ts'
import { channelWords } from './words.ts'

const OPENS_WITHIN = 15_000
// A command's prompt may stand before it, without an end of its line.
const OPEN = /debug1: mux_client_request_session: master session id: \d+\r?\n/
const REFUSED = /session request failed|Session open refused/
const OWN_LINES = /^(?:debug1: |OpenSSH_)[^\n]*\n/gm

/** One command line in a channel of the master at `socket`. */
export function tryMuxChannel(ssh: Ssh, socket: string, commandLine: string): Promise<Opened> {
  const child = startChannel(ssh, channelWords(socket, commandLine))
  const stderr = new PassThrough()
  const channel = muxChannel(child, stderr)
  return new Promise((resolve) => {
    let heard = ''
    const timer = setTimeout(() => {
      settle({ kind: 'lost', cause: new Error('no channel within 15s') })
      channel.close()
    }, OPENS_WITHIN)

    function settle(opened: Opened): void {
      clearTimeout(timer)
      child.stderr.off('data', hear)
      resolve(opened)
    }

    // The first words of the command itself may come before ssh tells that the channel is open.
    function hear(chunk: Buffer): void {
      heard += chunk.toString('latin1')
      if (!OPEN.test(heard)) return
      stderr.write(heard.replace(OPEN, '').replaceAll(OWN_LINES, ''), 'latin1')
      settle({ kind: 'open', channel })
      child.stderr.pipe(stderr)
    }

    child.stderr.on('data', hear)
    child.once('error', (cause) => settle({ kind: 'lost', cause }))
    channel.onClose(() => {
      const said = heard.replaceAll(OWN_LINES, '').trim().split('\n')
      settle({ kind: REFUSED.test(heard) ? 'refused' : 'lost', cause: new Error(said[0]) })
    })
  })
}

/** The master holds the other ends of its streams, and lets go of them when the client that brought them ends. */
function muxChannel(child: ChildProcessWithoutNullStreams, stderr: PassThrough): ShellChannel {
  const channel = childChannel(child)
  return {
    ...channel,
    stderr,
    close() {
      channel.close()
      child.kill('SIGTERM')
    },
  }
}
