import { PassThrough } from 'node:stream'
import type { ShellChannel } from '../../../src/transport/shell/framed-shell.ts'

/** A channel at whose other end the test is the host. */
export interface MemoryChannel {
  readonly channel: ShellChannel
  /** What it was started with. */
  readonly commandLine: string
  /** The random words of a shell that is to say who it is: as what it asks for a password, and that it is there. */
  readonly prompt: string
  readonly ready: string
  /** What was written into it so far, and in how many pieces. */
  readonly written: string
  readonly writes: number
  /** How often it was let go. */
  readonly closed: number
  /** Each lets what it brings be heard. */
  stdout(text: string): Promise<void>
  stderr(text: string): Promise<void>
  end(): Promise<void>
  /** What a write meets whose reader has just gone. */
  breakStdin(): Promise<void>
}

export function memoryChannel(commandLine = ''): MemoryChannel {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const listeners: (() => void)[] = []
  let written = ''
  let writes = 0
  let closed = 0
  stdin.on('data', (chunk: Buffer) => {
    written += chunk.toString()
    writes += 1
  })
  const wordOf = (pattern: RegExp) => pattern.exec(commandLine)?.[0] ?? 'no such word'
  return {
    channel: {
      stdin,
      stdout,
      stderr,
      onClose: (listener) => listeners.push(listener),
      close: () => {
        closed += 1
      },
    },
    commandLine,
    prompt: wordOf(/runbook-[0-9a-f]{32}:/),
    ready: wordOf(/runbook-[0-9a-f]{32}-shell/),
    get written() {
      return written
    },
    get writes() {
      return writes
    },
    get closed() {
      return closed
    },
    stdout(text) {
      stdout.write(text)
      return heard()
    },
    stderr(text) {
      stderr.write(text)
      return heard()
    },
    end() {
      for (const listener of listeners) listener()
      return heard()
    },
    breakStdin() {
      stdin.emit('error', new Error('EPIPE'))
      return heard()
    },
  }
}

/** A login that gives such channels; `channel(0)` waits for the first of them. */
export function memoryLogin() {
  const channels: MemoryChannel[] = []
  return {
    exec: async (commandLine: string): Promise<ShellChannel> => {
      const one = memoryChannel(commandLine)
      channels.push(one)
      return one.channel
    },
    channels,
    async channel(index: number): Promise<MemoryChannel> {
      await heard()
      for (let turns = 0; channels.length <= index; turns += 1) {
        if (turns > 100) throw new Error(`${channels.length} channels were asked for, not ${index + 1}`)
        await heard()
      }
      return channels[index] as MemoryChannel
    },
  }
}

/** Lets everything happen that waits for no clock and nothing outside. */
export async function heard(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve))
}
