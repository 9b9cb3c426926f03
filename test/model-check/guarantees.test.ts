import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Bounds } from './explore/bounds.ts'
import { explore } from './explore/explore.ts'
import {
  answersFromMemory,
  comparesNoTokens,
  entersNoBracket,
  forgetsTheBudget,
  keepsItsOwner,
  keepsNoMarkers,
  losesTheLastRow,
  promisesIntents,
} from './flaws.ts'
import { GUARANTEES, type Guarantee } from './guarantees.ts'
import type { Flaw } from './life/watch.ts'
import type { SmallRun } from './runs/small-run.ts'
import {
  bracketedRebootRun,
  bracketRun,
  budgetRun,
  commandRun,
  fileRun,
  onceRun,
  rebootRun,
} from './runs/small-runs.ts'

const ONE_DEATH: Bounds = { deaths: 1, after: ['resume'] }

interface Proof {
  readonly run: SmallRun
  readonly bounds: Bounds
  /** The part that breaks this guarantee, in words, and itself. */
  readonly flaws: Readonly<Record<string, Flaw>>
}

/** For each guarantee what must be found where it does not hold. */
const PROOFS: Readonly<Record<Guarantee, Proof>> = {
  written: {
    run: fileRun({ steps: 1 }),
    bounds: ONE_DEATH,
    flaws: { 'a journal that promises an intent and stores it later': promisesIntents },
  },
  host: {
    run: fileRun({ steps: 2 }),
    bounds: { ...ONE_DEATH, meddling: 1 },
    flaws: { 'a line that answers from memory instead of asking the host': answersFromMemory },
  },
  owner: {
    run: fileRun({ steps: 1 }),
    bounds: { deaths: 0, after: [], rivals: ['unlock and run elsewhere'], turns: 2 },
    flaws: { 'a host that compares no tokens': comparesNoTokens },
  },
  reboot: {
    run: rebootRun({ steps: 1, useless: true }),
    bounds: ONE_DEATH,
    flaws: { 'a journal that loses the last intent with its controller': losesTheLastRow },
  },
  found: {
    run: commandRun({ steps: 1 }),
    bounds: { deaths: 1, after: ['rollback'] },
    flaws: { 'a journal that loses the first found with its controller': losesTheLastRow },
  },
  debts: {
    run: bracketRun({ steps: 1 }),
    bounds: ONE_DEATH,
    flaws: { 'a journal that loses an entered bracket with its controller': losesTheLastRow },
  },
  guessed: {
    run: onceRun({ steps: 1 }),
    bounds: ONE_DEATH,
    flaws: { 'a resume that runs a finished command again, for the host keeps no markers': keepsNoMarkers },
  },
  budget: {
    run: budgetRun({ steps: 1 }),
    bounds: ONE_DEATH,
    flaws: { 'a journal that forgets the budget': forgetsTheBudget },
  },
  inside: {
    run: bracketedRebootRun(),
    bounds: { deaths: 1, after: ['rollback'] },
    flaws: { 'a host that says that it stands in a bracket, and does not': entersNoBracket },
  },
  free: {
    run: fileRun({ steps: 1 }),
    bounds: { deaths: 0, after: [], rivals: ['resume'], turns: 2 },
    flaws: { 'a host that says that it is released, and is not': keepsItsOwner },
  },
}

// Object.entries forgets the keys' own type.
const ALL = Object.entries(GUARANTEES) as [Guarantee, string][]

describe.each(ALL)('%s', (guarantee, sentence) => {
  const { run, bounds, flaws } = PROOFS[guarantee]

  it(sentence, async () => {
    const { broken, states } = await explore(run, bounds)

    expect(broken).toBeNull()
    expect(states).toBeGreaterThan(50)
  })

  it.each(Object.entries(flaws))('finds %s', async (_words, flaw) => {
    const { broken } = await explore(run, bounds, flaw)

    expect(broken?.guarantee).toBe(guarantee)
    expect([broken?.because, ...(broken?.trace ?? [])].join('\n')).toMatchSnapshot()
  })
})

describe('docs/failure-model.md', () => {
  it('has the guarantees word for word as the tests are named, and no other', async () => {
    const page = await readFile(new URL('../../docs/failure-model.md', import.meta.url), 'utf8')
    const written = page.split('\n').flatMap((line) => /^\d+\. (.*)$/.exec(line)?.[1]?.replaceAll('**', '') ?? [])

    expect(written).toEqual(ALL.map(([, sentence]) => sentence))
  })
})
