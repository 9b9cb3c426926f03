import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { VmFiles } from '../../../src/rehearsal/vm/vm-files.ts'

/** A person at the serial console. */
export interface Console {
  /** Resolves when such text has come since the last call. Throws after so many seconds, with what came instead. */
  shows(wanted: RegExp, seconds: number): Promise<void>
  press(keys: string): void
  leave(): void
}

export const DOWN = '\x1b[B'
export const ENTER = '\r'

export async function serialConsole(files: VmFiles): Promise<Console> {
  const socket = await opened(files.console)
  let seen = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    seen += text
  })
  return {
    async shows(wanted, seconds) {
      for (let waited = 0; waited < seconds * 10; waited += 1) {
        const found = wanted.exec(seen)
        if (found) {
          seen = seen.slice(found.index + found[0].length)
          return
        }
        await sleep(100)
      }
      throw new Error(`the console did not show ${wanted} within ${seconds}s, but:\n${seen.slice(-3_000)}`)
    },
    press: (keys) => void socket.write(keys, 'latin1'),
    leave: () => void socket.destroy(),
  }
}

const opened = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket))
    socket.once('error', reject)
  })
