// Every mutated file imports it, in threads and child processes too: those get the mutant by their environment.
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

let active = Number(process.env.MUTANT ?? -1)
let hits = 0
let mostHits = Number.POSITIVE_INFINITY
const isRunner = isMainThread && process.env.MUTATION_RUNNER === String(process.pid)
const reachedFile = process.env.MUTANTS_REACHED
let reached: Map<number, number> | null = isRunner || reachedFile ? new Map() : null

/** Whether this mutant is the one that is tried. Throws when it is asked so often that it must be in an endless loop. */
export function on(mutant: number): boolean {
  if (reached !== null) reach(reached, mutant)
  if (mutant !== active) return false
  hits += 1
  if (hits > mostHits) throw new Error(`mutant ${mutant} loops`)
  return true
}

function reach(all: Map<number, number>, mutant: number): void {
  const before = all.get(mutant) ?? 0
  all.set(mutant, before + 1)
  if (before === 0 && !isRunner && reachedFile) appendFileSync(reachedFile, `${mutant}\n`)
}

/** Turns one mutant on, here and in what is started from now on; -1 is none. */
export function turnOn(mutant: number, most = Number.POSITIVE_INFINITY): void {
  active = mutant
  hits = 0
  mostHits = most
  process.env.MUTANT = String(mutant)
}

/** Begins to count anew. Gives what was counted so far. */
export function countReached(): ReadonlyMap<number, number> {
  const counted = reached ?? new Map()
  reached = new Map()
  return counted
}

/** Mutants are cheap to pass when nobody counts. */
export function stopCounting(): void {
  reached = null
}
