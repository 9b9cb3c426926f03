import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'

import { LeaseLost } from '../../model/errors.ts'
import { toFailure } from './failures.ts'
import type { FromWorker, Question, ToWorker } from './messages.ts'
import { prepareFile } from './prepare-file.ts'
import { openDatabase } from './schema.ts'
import { READS, type Store, sqliteStore } from './store.ts'

/**
 * The thread that owns the database. A batch is what has gathered while the last commit ran: one transaction,
 * answered only after it is on disk. So a lone writer waits for one sync, and a thousand of them share one.
 */
function serve(port: MessagePort, path: string): void {
  const opened = open(port, path)
  if (opened === undefined) return
  const { database, store } = opened
  port.on('message', (first: ToWorker) => {
    const batch = gather(port, first)
    const questions = batch.filter((message) => message.name !== 'close')
    for (const answer of answerTogether(questions, { database, store, path })) port.postMessage(answer)
    const closing = batch.find((message) => message.name === 'close')
    if (closing === undefined) return
    database.close()
    port.postMessage({ kind: 'answer', number: closing.number, value: null } satisfies FromWorker)
    port.close()
  })
}

function open(port: MessagePort, path: string): { database: DatabaseSync; store: Store } | undefined {
  try {
    prepareFile(path)
    const { database, id } = openDatabase(path)
    port.postMessage({ kind: 'opened', id } satisfies FromWorker)
    return { database, store: sqliteStore(database) }
  } catch (error) {
    port.postMessage({ kind: 'not-opened', failure: toFailure(error, path) } satisfies FromWorker)
    return undefined
  }
}

/** The first message and all that wait behind it. */
function gather(port: MessagePort, first: ToWorker): readonly ToWorker[] {
  const batch = [first]
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    batch.push(next.message)
  }
  return batch
}

/** A refusal concerns its own question; an error of the database concerns everything in the transaction. */
function answerTogether(
  questions: readonly Question[],
  { database, store, path }: { database: DatabaseSync; store: Store; path: string },
): readonly FromWorker[] {
  const writing = questions.some(({ name }) => !READS.has(name))
  try {
    database.exec(writing ? 'BEGIN IMMEDIATE' : 'BEGIN')
    const answers = questions.map((question) => answer(store, question, path))
    database.exec('COMMIT')
    return answers
  } catch (error) {
    // SQLite has already taken the transaction back after some errors, such as a full disk.
    if (database.isTransaction) database.exec('ROLLBACK')
    const failure = toFailure(error, path)
    return questions.map(({ number }) => ({ kind: 'failed', number, failure }))
  }
}

function answer(store: Store, question: Question, path: string): FromWorker {
  try {
    return { kind: 'answer', number: question.number, value: ask(store, question) }
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error
    return { kind: 'failed', number: question.number, failure: toFailure(error, path) }
  }
}

function ask(store: Store, { name, request }: Question): unknown {
  // Name and request belong together by the type Question, which TypeScript cannot follow through an index.
  const question = store[name] as (request: Question['request']) => unknown
  return question(request)
}

// Started with its path and a port to its parent by call-worker.ts, and in no other way.
if (parentPort) serve(parentPort, workerData.path)
