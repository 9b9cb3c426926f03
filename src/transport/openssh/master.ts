import type { ChildProcess } from 'node:child_process'
import { Interrupted } from '../../model/errors.ts'
import { askForChannel, type Line } from '../line.ts'
import type { Unreachable } from '../unreachable.ts'
import { BEGINNING, type EndedLogin, hearLine, type LoginStory, whyEnded } from './login-story.ts'
import { tryMuxChannel } from './mux-channel.ts'
import { type Ssh, startMaster } from './start-ssh.ts'
import { type MasterFacts, masterWords } from './words.ts'

export interface MasterParts extends Omit<EndedLogin, 'connection'>, MasterFacts {
  readonly ssh: Ssh
  /** Milliseconds for a stage, out of what is left of all. */
  readonly left: (limit: number) => number
  readonly signal?: AbortSignal | undefined
}

const LIMITS = { dial: 10_000, proxy: 20_000, banner: 10_000, 'key-exchange': 10_000, auth: 20_000 }
const CLOSES_WITHIN = 1_000
/** Bytes on stderr before the host spoke SSH beyond which it is no sshd that talks. */
const LONGEST_GREETING = 65_536
const LONGEST_LINE = 65_536

/** A master that is logged in, as a line. Throws HostUnreachable; Interrupted when the signal aborts. */
export async function openMaster(parts: MasterParts): Promise<Line> {
  const { ssh, socket, connection, unreachable } = parts
  const child = await startMaster(ssh, masterWords(parts))
  await untilIn(child, parts)
  // What it still says goes nowhere, but must be read.
  child.stderr?.resume()
  const over = () => child.exitCode !== null || child.signalCode !== null
  return {
    user: connection.user,
    get lost() {
      return over()
    },
    exec: (commandLine) => askForChannel(() => tryMuxChannel(ssh, socket, commandLine), unreachable),
    close: async () => {
      if (!over()) await endedBy(child)
    },
    drop: () => child.kill('SIGTERM'),
  }
}

function untilIn(child: ChildProcess, parts: MasterParts): Promise<void> {
  const { unreachable, left, signal } = parts
  return new Promise((resolve, reject) => {
    let story: LoginStory = BEGINNING
    let text = ''
    let greeting = 0
    let timer = startTimer('dial')

    function startTimer(stage: keyof typeof LIMITS): NodeJS.Timeout {
      const limit = left(LIMITS[stage])
      return setTimeout(() => fail(tooLate(stage, `${limit / 1000}s`, unreachable)), limit)
    }

    function settle(): void {
      clearTimeout(timer)
      child.stderr?.off('data', hear)
      child.off('close', ended)
      signal?.removeEventListener('abort', interrupt)
    }

    function fail(error: Error): void {
      settle()
      child.kill('SIGTERM')
      child.stderr?.resume()
      reject(error)
    }

    function hear(chunk: Buffer): void {
      const lines = (text + chunk.toString()).split('\n')
      text = (lines.pop() ?? '').slice(-LONGEST_LINE)
      const before = story.stage
      story = lines.reduce((told, line) => hearLine(told, line.trimEnd()), story)
      greeting += story.stage === 'banner' ? chunk.length : 0
      if (greeting > LONGEST_GREETING) fail(unreachable.noBanner('', new Error('endless text before SSH')))
      else if (story.stage !== before) enter(story.stage)
    }

    function enter(stage: LoginStory['stage']): void {
      clearTimeout(timer)
      if (stage !== 'in') timer = startTimer(stage)
      else {
        settle()
        resolve()
      }
    }

    const ended = () => fail(whyEnded(story, parts))
    const interrupt = () => fail(new Interrupted('stopped while ssh logged in'))
    child.once('error', (cause) => fail(unreachable.noSsh(cause)))
    child.stderr?.on('data', hear)
    child.once('close', ended)
    signal?.addEventListener('abort', interrupt, { once: true })
    if (signal?.aborted) interrupt()
  })
}

function tooLate(stage: keyof typeof LIMITS, within: string, unreachable: Unreachable): Error {
  if (stage === 'dial') return unreachable.dialTimeout(within)
  if (stage === 'proxy') return unreachable.proxyFailed(`no answer within ${within}`)
  if (stage === 'banner') return unreachable.bannerTimeout(within)
  return stage === 'auth' ? unreachable.authTimeout(within) : unreachable.keyExchangeTimeout(within)
}

/** It takes its leave of the host and removes its socket; one that hangs is ended. */
function endedBy(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), CLOSES_WITHIN)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
