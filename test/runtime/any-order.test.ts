import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RunReport } from '../../src/engine/make-report.ts'
import type { Journal } from '../../src/engine/ports.ts'
import type { Rollout } from '../../src/model/runbook.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  type MemoryJournal,
  type Moment,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textFile,
  textOf,
} from '../../src/testing.ts'
import { ControllerDied } from '../crash/mortal.ts'
import { PENDING, toyHost, toyRunbook, WHOLE } from '../engine/toy.ts'

const runbook = toyRunbook(WHOLE)

/** How a controller ends: behind so many rows, or at a moment of some host. */
type Death = { readonly rows: number } | { readonly moment: Moment; readonly nth: number }

/** A person's hand on a host while no controller lives. */
interface Edit {
  readonly host: number
  readonly path: '/etc/wish' | '/boot/cfg' | '/run/live'
  readonly text: 'old\n' | 'new\n' | 'theirs\n'
}

interface Life {
  readonly death: Death
  readonly edits: Edit[]
}

const death: fc.Arbitrary<Death> = fc.oneof(
  fc.nat(40).map((rows) => ({ rows })),
  fc.record({
    moment: fc.constantFrom<Moment>('claimed', 'started', 'changed', 'reboot-requested', 'released'),
    nth: fc.integer({ min: 1, max: 6 }),
  }),
)
const edit: fc.Arbitrary<Edit> = fc.record({
  host: fc.nat(3),
  path: fc.constantFrom('/etc/wish' as const, '/boot/cfg' as const, '/run/live' as const),
  text: fc.constantFrom('old\n' as const, 'new\n' as const, 'theirs\n' as const),
})
const lives = (edits: number) => fc.array(fc.record({ death, edits: fc.array(edit, { maxLength: edits }) }))
/** The second host will fail beyond the budget, and the third stands in the middle of its reboot. */
const TWO_UNDER_WAY: Life[] = [{ death: { rows: 25 }, edits: [{ host: 1, path: '/run/live', text: 'old\n' }] }]
const rollout: fc.Arbitrary<Rollout> = fc.record({
  batches: fc.constantFrom<Rollout['batches']>([1], [1, 2], ['50%'], ['100%']),
  maxFailed: fc.constantFrom<Rollout['maxFailed']>(0, 1, '100%'),
})

describe('whatever the order of deaths, resumes and edits by others', () => {
  it('a run ends, and a new one finds what others did to hosts that were done: all are as wished', async () => {
    await fc.assert(
      fc.asyncProperty(lives(2), rollout, async (disturbed, sizes) => {
        const site = siteOf(sizes)

        await site.live(disturbed)
        const ended = await site.untilQuiet()
        const { report } = await runOn(runbook, {}, site.hosts, { run: 'second' })

        // What runs is not what was booted: this run has had its one reboot, so it fails, maybe beyond the budget.
        const otherRuns = disturbed.some(({ edits }) => edits.some(({ path }) => path === '/run/live'))
        expect(ended.exitCode).toBeOneOf(otherRuns ? [0, 3, 5] : [0])
        expect(report.exitCode).toBe(0)
        expect(site.states()).toEqual(site.hosts.map(() => DONE))
      }),
      { numRuns: 40, examples: [[TWO_UNDER_WAY, { batches: [1, 2], maxFailed: 0 }]] },
    )
  })

  it('nothing is done twice where nobody else edits, and a rollback gives the first bytes and boot back', async () => {
    await fc.assert(
      fc.asyncProperty(lives(0), lives(0), rollout, async (forth, back, sizes) => {
        const site = siteOf(sizes)

        await site.live(forth)
        await site.untilQuiet()
        const done = site.hosts.map(({ counters }) => ({ changes: [...counters.changes], boots: counters.boots }))
        await site.live(back, 'back')
        await site.untilQuiet('back')

        expect(done).toEqual(site.hosts.map(() => ({ changes: ['write /etc/wish', 'generate'], boots: 1 })))
        expect(site.states()).toEqual(site.hosts.map(() => BEFORE))
        expect(site.hosts.map(({ counters }) => counters.boots)).toEqual(site.hosts.map(() => 2))
      }),
      { numRuns: 40 },
    )
  })
})

const DONE = { wish: 'new\n', config: 'new\n', live: 'new\n', owed: [], owner: 'released' }
const BEFORE = { wish: 'old\n', config: 'old\n', live: 'old\n', owed: [], owner: 'released' }

/** Three hosts, one journal, and controllers that die one after the other. */
function siteOf(rollout: Rollout) {
  const hosts = ['hv-01', 'hv-02', 'hv-03'].map((name) => toyHost({ name, commands: [[...PENDING]] }))
  const named = hosts.map(({ name }) => name)
  const clock = fakeClock()
  let journal = memoryJournal()

  const act = async (
    direction: 'forth' | 'back',
    options: { journal: Journal; transport: ReturnType<typeof fakeTransport> },
  ) => {
    const rest = { ...options, clock, reboot: true }
    if (direction === 'back') return rollbackOn(runbook, hosts, rest)
    const begun = (await journal.rows('test')).length > 0
    return begun ? resumeOn(runbook, hosts, { ...rest, limit: named }) : runOn(runbook, {}, hosts, { ...rest, rollout })
  }

  return {
    hosts,
    states: () => hosts.map(stateOf),
    async live(lives: readonly Life[], direction: 'forth' | 'back' = 'forth'): Promise<void> {
      for (const { death, edits } of lives) {
        const ports = mortal(journal, hosts, clock, death)
        await act(direction, ports).catch((error: unknown) => {
          if (!(error instanceof ControllerDied)) throw error
        })
        journal = ports.memory.reopen()
        for (const { host, path, text } of edits) hosts[host]?.files.set(path, textFile(text))
      }
    },
    /** A resume does what it can; what a host then shows may need one more. */
    async untilQuiet(direction: 'forth' | 'back' = 'forth'): Promise<RunReport> {
      for (let resumes = 1; ; resumes += 1) {
        const { report } = await act(direction, { journal, transport: fakeTransport({ hosts, clock }) })
        if (report.exitCode === 0 || resumes === 4) return report
      }
    },
  }
}

function mortal(journal: MemoryJournal, hosts: readonly FakeHost[], clock: ReturnType<typeof fakeClock>, death: Death) {
  let dead = false
  let seen = 0
  const die = () => {
    dead = true
    throw new ControllerDied('the controller died here')
  }
  const memory = journal.reopen({ onAppend: () => void ('rows' in death && seen++ === death.rows && die()) })
  const transport = fakeTransport({
    hosts,
    clock,
    moment: (moment) => {
      if (dead || ('moment' in death && death.moment === moment && ++seen === death.nth)) die()
    },
  })
  // A dead controller writes nothing more: what it would append after its death is not there.
  const mortalJournal: Journal = {
    ...memory,
    append: async (events, lease) => (dead ? die() : memory.append(events, lease)),
  }
  return { memory, journal: mortalJournal, transport }
}

const stateOf = (host: FakeHost) => ({
  wish: textOf(host, '/etc/wish'),
  config: textOf(host, '/boot/cfg'),
  live: textOf(host, '/run/live'),
  owed: [...host.pending.values()].filter((owed) => owed === host.units.get('daemon')),
  owner: host.owner?.state,
})
