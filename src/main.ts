#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import type { Ears, Heard, Operator } from './commands/operator.ts'
import { perform } from './commands/perform.ts'
import { inertLine } from './model/printable.ts'
import { createRedactor } from './model/redactor.ts'
import { ansiPaint, type Look, plainPaint } from './reporter/wording/paint.ts'

/** The only file that touches the process: arguments, streams, signals and the exit code. */

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
type Signal = keyof typeof SIGNALS

/** Every sink of this process passes here, its last error too. */
const redactor = createRedactor()

const operator: Operator = {
  environment: process.env,
  folder: process.cwd(),
  program: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
  pid: process.pid,
  redactor,
  put: (line) => void process.stdout.write(`${inertLine(redactor.text(line))}\n`),
  say: (line) => void process.stderr.write(`${inertLine(redactor.text(line))}\n`),
  dataLook: () => lookOf(process.stdout),
  talkLook: () => lookOf(process.stderr),
  canvas: canDraw(process.stderr) ? process.stderr : null,
  ask: (question) => ask(question, process.stderr),
  askSecret: (question) => ask(question, nowhere()),
  now: () => performance.now(),
  hearSignals,
}

/** A serial console may not know its size, and whoever draws must. */
function canDraw({ isTTY, columns }: NodeJS.WriteStream): boolean {
  return isTTY && columns > 0 && process.env.TERM !== 'dumb'
}

function lookOf(stream: NodeJS.WriteStream): Look {
  const colours = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  const columns = stream.isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY
  return { paint: colours ? ansiPaint : plainPaint, columns }
}

/** A terminal in raw mode shows what is typed only where the program writes it: here it does not. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })

async function ask(question: string, output: Writable): Promise<string | null> {
  if (!process.stdin.isTTY) return null
  const lines = createInterface({
    input: process.stdin,
    output,
    ...(output === process.stderr ? {} : { terminal: true }),
  })
  const answer = new Promise<string | null>((resolve) => {
    // Only now does the terminal keep to itself what is typed: before, a fast answer would be shown.
    if (output !== process.stderr) process.stderr.write(question)
    lines.question(question, resolve)
    lines.once('close', () => resolve(null))
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  })
  const [{ Interrupted }, said] = await Promise.all([
    import('./model/errors.ts'),
    Promise.race([answer, interrupted()]),
  ])
  waiting.clear()
  lines.close()
  if (output !== process.stderr) process.stderr.write('\n')
  if (said === undefined) process.stderr.write('\n')
  if (said === undefined) throw new Interrupted('interrupted at the question; nothing was approved')
  return said
}

const waiting = new Set<() => void>()

/** Resolves with undefined at the next signal. */
const interrupted = () => new Promise<undefined>((resolve) => waiting.add(() => resolve(undefined)))

function hearSignals({ tell, farewell }: { tell: (heard: Heard) => void; farewell: string }): Ears {
  const stops: Record<Heard, AbortController> = { drain: new AbortController(), end: new AbortController() }
  let first: Signal | null = null
  const hear = (signal: Signal) => {
    first ??= signal
    const heard = (['drain', 'end'] as const).find((stop) => !stops[stop].signal.aborted)
    if (!heard) {
      // The screen may be in the hands of who draws on it: this goes past all buffers.
      writeSync(2, `${process.stderr.isTTY ? '\n\u001b[?25h' : ''}${farewell}\n`)
      process.exit(SIGNALS[first])
    }
    // At a question nothing is under way that could be drained.
    if (waiting.size === 0) tell(heard)
    stops[heard].abort()
    for (const wake of waiting) wake()
  }
  // A signal's name is one of these three: nothing else is listened to.
  for (const signal of Object.keys(SIGNALS) as Signal[]) process.on(signal, hear)
  return {
    drain: stops.drain.signal,
    end: stops.end.signal,
    exitCode: () => (first ? SIGNALS[first] : null),
    release() {
      for (const signal of Object.keys(SIGNALS)) process.off(signal, hear)
    },
  }
}

async function failed(error: unknown): Promise<number> {
  const [{ errorText }, { exitCodeOfError }] = await Promise.all([
    import('./reporter/wording/error-text.ts'),
    import('./commands/decide-exit-code.ts'),
  ])
  for (const line of errorText(error, operator.talkLook())) operator.say(line)
  const exitCode = exitCodeOfError(error)
  if (process.argv.includes('--json')) operator.put(JSON.stringify(errorJson(error, exitCode)))
  return exitCode
}

function errorJson(error: unknown, exitCode: number): object {
  const { message, code, remedy } = error as { message?: string; code?: string; remedy?: string }
  return { type: 'error', code, message: message ?? String(error), remedy, exitCode }
}

// A reader that goes away, as `| head` does, is no reason to stop a run: what it misses is in the journal.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

process.exitCode = await perform(process.argv.slice(2), operator).catch(failed)
