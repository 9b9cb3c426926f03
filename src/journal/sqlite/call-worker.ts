import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

import { type Duration, milliseconds } from '../../model/duration.ts'
import { JournalFailed } from '../../model/errors.ts'
import { closedError } from '../journal-errors.ts'
import { fromFailure } from './failures.ts'
import type { FromWorker } from './messages.ts'
import type { Store } from './store.ts'

/** The store behind the thread: every question is answered, refused, or over its deadline. */
export interface StoreWorker {
  readonly id: string
  ask<Name extends keyof Store>(name: Name, request: Parameters<Store[Name]>[0]): Promise<ReturnType<Store[Name]>>
  /** Answers everything asked before, closes the file, ends the thread. */
  close(): Promise<void>
}

/** Starts the thread on a journal file. Throws JournalFailed when the file cannot be used. */
export async function startWorker(path: string, deadline: Duration): Promise<StoreWorker> {
  const worker = new Worker(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url), {
    workerData: { path },
    execArgv: [],
  })
  const waiting = new Map<number, Waiting>()
  let ended: Error | undefined
  let asked = 0

  const end = (error: Error): void => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
  }

  const wait = (number: number, start: () => void): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const timer = setTimeout(() => reject(tooSlow(path, deadline)), milliseconds(deadline))
    waiting.set(number, { resolve, reject })
    start()
    return promise.finally(() => {
      clearTimeout(timer)
      waiting.delete(number)
    })
  }

  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'opened') return waiting.get(OPENING)?.resolve(message.id)
    if (message.kind === 'not-opened') return waiting.get(OPENING)?.reject(fromFailure(message.failure))
    if (message.kind === 'failed') return waiting.get(message.number)?.reject(fromFailure(message.failure))
    waiting.get(message.number)?.resolve(message.value)
  })
  worker.on('error', (cause) => end(threadEnded(path, cause)))
  worker.on('exit', () => end(threadEnded(path, undefined)))
  // The deadline of what is asked keeps the process alive, not the thread. Behind the listeners, for they undo this.
  worker.unref()

  const send = (name: keyof Store | 'close', request: unknown): Promise<unknown> => {
    if (ended !== undefined) return Promise.reject(ended)
    asked += 1
    const number = asked
    return wait(number, () => worker.postMessage({ number, name, request }))
  }

  const id = String(await wait(OPENING, () => undefined))
  return {
    id,
    // The worker answers a question with what the store's method of that name gave.
    ask: <Name extends keyof Store>(name: Name, request: Parameters<Store[Name]>[0]) =>
      send(name, request) as Promise<ReturnType<Store[Name]>>,
    close: async () => {
      if (ended !== undefined) return
      const closing = send('close', null)
      ended = closedError()
      await closing
    },
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The number of no question: questions count from 1. */
const OPENING = 0

const tooSlow = (path: string, deadline: Duration): JournalFailed =>
  new JournalFailed(
    `journal ${path}: no answer from the disk within ${deadline}; what was being written may be there`,
    {
      code: 'E_JOURNAL_SLOW',
      remedy: 'Look at the disk (`dmesg`, `iostat`), then resume.',
    },
  )

const threadEnded = (path: string, cause: unknown): JournalFailed =>
  new JournalFailed(`journal ${path}: its thread has ended`, {
    code: 'E_JOURNAL',
    remedy: 'Resume the run: what was acknowledged is kept.',
    cause,
  })
