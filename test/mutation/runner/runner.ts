// A process that runs tests of the mutated copy as it is told. What no test can report ends it, and its parent sees that.
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import type { Fate, Measured, Order, Report } from './messages.ts'
import { loadFile, runTests } from './run-tests.ts'
import { countReached, stopCounting, turnOn } from './switch.ts'

const reachedElsewhere = process.env.MUTANTS_REACHED as string
/** The mutant that this process has been born with, for what runs only while modules are read. */
const born = Number(process.env.MUTANT ?? -1)

// That something is found counts, not what the smallest of its kind is.
fc.configureGlobal({ endOnFailure: true })

const report = (said: Report): void => void process.send?.(said)

/** Milliseconds for a test that nothing is known of yet. */
const MEASURED_WITHIN = 120_000

class TookTooLong extends Error {}

/** Nobody waits for what fails here, but it failed while the mutant was on. */
let unhandled: string | undefined
const noteUnhandled = (error: unknown): void => {
  unhandled ??= wordsOf(error)
}
process.on('uncaughtException', noteUnhandled)
process.on('unhandledRejection', noteUnhandled)

process.on('message', (order: Order) => {
  const done = order.kind === 'measure' ? measure(order.file) : attempt(order)
  done.then(report, (error: unknown) => report({ kind: 'broken', because: wordsOf(error) }))
})

async function measure(path: string): Promise<Report> {
  writeFileSync(reachedElsewhere, '')
  countReached()
  const file = await loadFile(path)
  const imported = [...countedEverywhere().keys()]
  const tests: Measured[] = []
  await runTests(file, new Set(file.names), async (name, run) => {
    report({ kind: 'begun', test: name, limit: MEASURED_WITHIN })
    const started = performance.now()
    await run().catch((error: unknown) => {
      throw new Error(`${path}: ${name}: ${wordsOf(error)}`)
    })
    tests.push({ file: path, name, took: performance.now() - started, reached: [...countedEverywhere()] })
  })
  if (unhandled !== undefined) throw new Error(`${path}: ${unhandled}`)
  return { kind: 'measured', tests, imported }
}

/** Threads and child processes write down what they meet. */
function countedEverywhere(): ReadonlyMap<number, number> {
  const counted = new Map(countReached())
  for (const line of readFileSync(reachedElsewhere, 'utf8').split('\n').filter(Boolean)) counted.set(Number(line), 1)
  writeFileSync(reachedElsewhere, '')
  return counted
}

async function attempt({ mutant, mostHits, tests }: Order & { readonly kind: 'try' }): Promise<Report> {
  stopCounting()
  unhandled = undefined
  for (const wanted of byFile(tests)) {
    const path = wanted[0].file
    let running: string = path
    const limits = new Map(wanted.map(({ name, limit }) => [name, limit]))
    try {
      const file = await loadFile(path)
      turnOn(mutant, mostHits)
      await runTests(file, new Set(limits.keys()), async (name, run) => {
        running = `${path}: ${name}`
        await inTime(run, running, limits.get(name) as number)
        // What nobody waits for has its turn before the next test.
        await new Promise((resolve) => setImmediate(resolve))
        if (unhandled !== undefined) throw new Error(`nobody caught: ${unhandled}`)
      })
    } catch (error) {
      if (error instanceof TookTooLong) return { kind: 'fate', fate: { kind: 'timeout', by: running, spoiled: true } }
      return { kind: 'fate', fate: await killed(running, error) }
    } finally {
      if (mutant !== born) turnOn(-1)
    }
  }
  return { kind: 'fate', fate: { kind: 'survived', spoiled: false } }
}

/** Tests that follow each other and are of one file. */
function byFile<One extends { readonly file: string }>(tests: readonly One[]): readonly (readonly [One, ...One[]])[] {
  const groups: [One, ...One[]][] = []
  for (const test of tests) {
    const last = groups.at(-1)
    if (last?.[0].file === test.file) last.push(test)
    else groups.push([test])
  }
  return groups
}

/** A test that fails without the mutant too was spoiled by what ran before it. */
async function killed(by: string, error: unknown): Promise<Fate> {
  const because = wordsOf(error).slice(0, 300)
  if (unhandled !== undefined || born !== -1) return { kind: 'killed', by, because, spoiled: true }
  turnOn(-1)
  const [path = '', ...name] = by.split(': ')
  try {
    const file = await loadFile(path)
    await runTests(file, new Set([name.join(': ')]), (_, run) => inTime(run, by, 10_000))
    return { kind: 'killed', by, because, spoiled: unhandled !== undefined }
  } catch {
    return { kind: 'killed', by, because, spoiled: true }
  }
}

async function inTime(run: () => Promise<void>, test: string, limit: number): Promise<void> {
  report({ kind: 'begun', test, limit })
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong()), limit)
  })
  try {
    await Promise.race([run(), tooLong])
  } finally {
    clearTimeout(timer)
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
