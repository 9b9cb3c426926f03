/**
 * What durability costs: `node bench/journal.ts [FOLDER]`. The folder must be on the disk that is asked about.
 * The floor is a plain file with one fdatasync per line.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Journal } from '../src/engine/ports.ts'
import { openSqliteJournal } from '../src/journal/sqlite-journal.ts'
import type { IntentEvent } from '../src/model/event.ts'

const SECONDS = 3
const HOSTS = 2_000

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'runbook-bench-'))
try {
  const journal = await openSqliteJournal(join(folder, 'journal.db'), { redact: (text) => text })
  print('one line, one fdatasync, into a plain file', await floor(join(folder, 'floor.jsonl')))
  print('one row at a time, each waited for', await writers(journal, 1))
  print('50 hosts, each waits for its own rows', await writers(journal, 50))
  print(`${HOSTS} hosts, each waits for its own rows`, await writers(journal, HOSTS))
  const start = performance.now()
  const rows = await journal.rows('bench')
  process.stdout.write(`${rows.length} rows read back in ${(performance.now() - start).toFixed(0)} ms\n`)
  await journal.close()
} finally {
  await rm(folder, { recursive: true, force: true })
}

function intent(host: string, attempt: number): IntentEvent {
  const found = { before: `sha256:${'a'.repeat(64)}` }
  return { type: 'intent', run: 'bench', host, step: 'kernel-arguments', act: 'apply', attempt, found }
}

async function floor(path: string): Promise<number> {
  await using file = await open(path, 'a')
  return await perSecond(async (index) => {
    await file.write(`${JSON.stringify(intent('hv-01', index))}\n`)
    await file.datasync()
  })
}

/** Rows per second with so many hosts at once. */
async function writers(journal: Journal, hosts: number): Promise<number> {
  const rates = Array.from({ length: hosts }, async (_, index) => {
    const host = `hv-${index}`
    const lease = await journal.lease('bench', host)
    return perSecond((attempt) => journal.append([intent(host, attempt)], lease))
  })
  return (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0)
}

async function perSecond(once: (index: number) => Promise<unknown>): Promise<number> {
  const start = performance.now()
  let count = 0
  while (performance.now() - start < SECONDS * 1_000) {
    count += 1
    await once(count)
  }
  return count / ((performance.now() - start) / 1_000)
}

function print(what: string, rate: number): void {
  process.stdout.write(`${what.padEnd(48)}${Math.round(rate).toLocaleString('en').padStart(10)} per second\n`)
}
