import { spawn } from 'node:child_process'
import { childChannel } from '../../../src/transport/child-channel.ts'
import type { ShellChannel } from '../../../src/transport/shell/framed-shell.ts'
import { unreachableOf } from '../../../src/transport/unreachable.ts'

/** Channels of this machine, as a host gives them; `closed` counts those that were let go. */
export function thisMachine(environment: Readonly<Record<string, string>> = {}) {
  const commandLines: string[] = []
  let closed = 0
  const exec = async (commandLine: string): Promise<ShellChannel> => {
    commandLines.push(commandLine)
    const child = spawn('/bin/sh', ['-c', commandLine], { detached: true, env: { ...process.env, ...environment } })
    const channel = childChannel(child)
    return {
      ...channel,
      close: () => {
        closed += 1
        channel.close()
      },
    }
  }
  return {
    exec,
    commandLines,
    get closed() {
      return closed
    },
  }
}

export const unreachable = unreachableOf('hv-01', {
  address: '192.0.2.1',
  port: 22,
  user: 'ops',
  identityFiles: [],
  knownHosts: [],
  hostKeys: { kind: 'strict' },
})
