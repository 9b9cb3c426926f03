import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { ShellChannel } from './shell/framed-shell.ts'

/** The three streams of a process of this machine. Closing it ends its streams, not what it has started. */
export function childChannel(child: ChildProcessWithoutNullStreams): ShellChannel {
  let closed = false
  const listeners: (() => void)[] = []
  const gone = () => {
    if (closed) return
    closed = true
    for (const listener of listeners) listener()
  }
  // A program that cannot be started says so here, and never closes.
  child.once('error', gone)
  child.once('close', gone)
  for (const stream of child.stdio) stream?.on('error', () => {})
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    onClose: (listener) => (closed ? listener() : listeners.push(listener)),
    close() {
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
      gone()
    },
  }
}
