import { spawn } from 'node:child_process'
import { userInfo } from 'node:os'
import { childChannel } from '../child-channel.ts'
import type { Line } from '../line.ts'
import type { Unreachable } from '../unreachable.ts'

/** This machine as a host: each channel is a shell of its own, which ends with its stdin, as behind sshd. */
export function localLine(environment: Readonly<Record<string, string | undefined>>, unreachable: Unreachable): Line {
  let over = false
  const channels = new Set<{ close(): void }>()
  const drop = () => {
    over = true
    for (const channel of channels) channel.close()
  }
  return {
    user: userInfo().username,
    ownMachine: true,
    get lost() {
      return over
    },
    exec: async (commandLine) => {
      if (over) throw unreachable.lost()
      // A session of its own: Ctrl-C at the terminal is for this program alone, and no password is asked for there.
      const child = spawn('/bin/sh', ['-c', commandLine], { cwd: '/', detached: true, env: environment })
      const channel = childChannel(child)
      channels.add(channel)
      channel.onClose(() => channels.delete(channel))
      return channel
    },
    close: async () => drop(),
    drop,
  }
}
