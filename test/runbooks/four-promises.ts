import { expect, it } from 'vitest'
import type { Clock, Journal, Transport } from '../../src/engine/ports.ts'
import { JournalFailed } from '../../src/model/errors.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  planOn,
  resumeOn,
  rollbackOn,
  runOn,
} from '../../src/testing.ts'

/** A runbook, its parameters, and the fake machine on which it must keep what every runbook promises. */
export interface Promises<Machine extends FakeMachine, Params> {
  readonly runbook: Runbook<Params>
  readonly params: unknown
  /** A machine on which the runbook has something to do. */
  readonly machine: () => Machine
  /** What beside the files the runbook leaves on the machine, in the machine's own count. */
  readonly state?: (machine: Machine) => unknown
  /** Guard codes that this machine's inventory overrides. */
  readonly overrides?: readonly string[]
}

export interface FakeMachine {
  readonly host: FakeHost
}

/** The four general tests: call it within a `describe`. */
export function keepsTheFourPromises<Machine extends FakeMachine, Params>(parts: Promises<Machine, Params>): void {
  plansWithoutTouching(parts)
  secondRunChangesNothing(parts)
  killedAnywhereEndsTheSame(parts)
  rollbackRestores(parts)
}

/** A plan finds something to do, and leaves no trace. */
export function plansWithoutTouching<Machine extends FakeMachine, Params>(parts: Promises<Machine, Params>): void {
  it('plans without touching', async () => {
    const machine = parts.machine()
    const before = traceOf(parts, machine)

    const [plan] = await planOn(parts.runbook, parts.params, [machine.host], optionsOf(parts))

    expect(plan?.state, plan?.text).toBe('ready')
    expect([traceOf(parts, machine), machine.host.owner, machine.host.counters.changes]).toEqual([before, null, []])
  })
}

/** What a run has done, a second run does not do again. */
export function secondRunChangesNothing<Machine extends FakeMachine, Params>(parts: Promises<Machine, Params>): void {
  it('changes nothing in a second run', async () => {
    const machine = parts.machine()
    const first = await runOn(parts.runbook, parts.params, [machine.host], optionsOf(parts))
    const after = [traceOf(parts, machine), machine.host.counters.changes.length]

    const second = await runOn(parts.runbook, parts.params, [machine.host], optionsOf(parts))

    expect([first.report.hosts[0]?.result, first.report.hosts[0]?.text]).toEqual(['changed', expect.any(String)])
    expect(second.report.hosts[0]?.result).toBe('satisfied')
    expect([traceOf(parts, machine), machine.host.counters.changes.length]).toEqual(after)
  })
}

/** Wherever the controller dies, a resume ends as an undisturbed run, and no command that ended is run again. */
export function killedAnywhereEndsTheSame<Machine extends FakeMachine, Params>(parts: Promises<Machine, Params>): void {
  it('ends the same when killed anywhere', async () => {
    const whole = parts.machine()
    const undisturbed = await runOn(parts.runbook, parts.params, [whole.host], optionsOf(parts))
    expect(undisturbed.report.hosts[0]).toMatchObject({ result: 'changed' })
    const wanted = { trace: traceOf(parts, whole), changes: sorted(whole.host), boots: whole.host.counters.boots }

    for (const death of await placesToDie(parts, 'forward')) {
      const machine = parts.machine()
      const { mortal, heir } = mortalController(machine.host, death)
      const died = await orDied(runOn(parts.runbook, parts.params, [machine.host], { ...optionsOf(parts), ...mortal }))
      const options = { ...optionsOf(parts), journal: heir(), clock: mortal.clock }
      const { report } = await resumeOn(parts.runbook, [machine.host], options)

      const { host } = machine
      const ended = { trace: traceOf(parts, machine), changes: sorted(host), boots: host.counters.boots }
      expect({ death, died, result: report.hosts[0]?.result, owed: owed(host), ...ended }).toEqual({
        death,
        died: true,
        result: 'changed',
        owed: [],
        ...wanted,
      })
    }
  })
}

/** A rollback leaves everything as first found, wherever it is cut off and taken up again. */
export function rollbackRestores<Machine extends FakeMachine, Params>(parts: Promises<Machine, Params>): void {
  it('restores everything by a rollback, wherever that is cut off', async () => {
    const before = traceOf(parts, parts.machine())

    for (const death of [null, ...(await placesToDie(parts, 'back'))]) {
      const machine = parts.machine()
      const memory = memoryJournal()
      await runOn(parts.runbook, parts.params, [machine.host], { ...optionsOf(parts), journal: memory })
      const { mortal, heir } = mortalController(machine.host, death, memory)
      await orDied(rollbackOn(parts.runbook, [machine.host], { ...optionsOf(parts), ...mortal, reboot: true }))
      const options = { ...optionsOf(parts), journal: heir(), clock: mortal.clock, reboot: true }
      const { report } = death === null ? { report: null } : await rollbackOn(parts.runbook, [machine.host], options)

      const { host } = machine
      const result = report === null ? 'rolled-back' : report.hosts[0]?.result
      expect({ death, result, owed: owed(host), trace: traceOf(parts, machine) }).toEqual({
        death,
        result: 'rolled-back',
        owed: [],
        trace: before,
      })
    }
  })
}

/** At the nth row that it would write, or at the nth moment of a change on the host. */
export type Death = { readonly row: number } | { readonly moment: number }

/** Of the errors that end a process's work at once, the journal's is the one that a test can throw anywhere. */
class ControllerDied extends JournalFailed {}

interface Mortal {
  readonly journal: Journal
  readonly transport: Transport
  readonly clock: Clock
}

/** A controller that dies there; `heir` is the journal that its successor opens. */
export function mortalController(host: FakeHost, death: Death | null, memory = memoryJournal()) {
  const clock = fakeClock()
  const counted = { row: 0, moment: 0 }
  let dead = false
  const die = (kind: 'row' | 'moment') => {
    const at = counted[kind]++
    if (death !== null && kind in death && Object.values(death)[0] === at) dead = true
    if (dead) throw new ControllerDied('the controller died here')
  }
  const journal: Journal = {
    ...memory,
    async append(events, lease) {
      die('row')
      return memory.append(events, lease)
    },
  }
  const transport = fakeTransport({ hosts: [host], clock, moment: () => die('moment') })
  return { mortal: { journal, transport, clock } satisfies Mortal, heir: () => memory.reopen(), counted }
}

/** Did the work end by the controller's death? Any other error is thrown on. */
export const orDied = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    (error: unknown) => {
      if (error instanceof ControllerDied) return true
      throw error
    },
  )

/** How many rows and moments the whole way has: each is a place to die. */
async function placesToDie<Machine extends FakeMachine, Params>(
  parts: Promises<Machine, Params>,
  way: 'forward' | 'back',
): Promise<readonly Death[]> {
  const { host } = parts.machine()
  const memory = memoryJournal()
  const options = optionsOf(parts)
  if (way === 'back') await runOn(parts.runbook, parts.params, [host], { ...options, journal: memory })
  const { mortal, counted } = mortalController(host, null, memory)
  if (way === 'forward') await runOn(parts.runbook, parts.params, [host], { ...options, ...mortal })
  else await rollbackOn(parts.runbook, [host], { ...options, ...mortal, reboot: true })
  const places = (count: number, kind: 'row' | 'moment') =>
    Array.from({ length: count }, (_, at) => ({ [kind]: at }) as Death)
  // The first row is the run itself: without it there is nothing to resume.
  return [...places(counted.row, 'row').slice(way === 'forward' ? 1 : 0), ...places(counted.moment, 'moment')]
}

function traceOf<Machine extends FakeMachine, Params>({ state }: Promises<Machine, Params>, machine: Machine) {
  const files = [...machine.host.files].map(([path, { bytes, mode }]) => [path, mode, new TextDecoder().decode(bytes)])
  return { files: files.sort(), state: state?.(machine) ?? null }
}

const optionsOf = ({ overrides = [] }: { readonly overrides?: readonly string[] }) => ({ overrides })

/** The changes of a host; keeping bytes again is none. */
const sorted = (host: FakeHost): readonly string[] =>
  host.counters.changes.filter((change) => !change.startsWith('keep ')).sort()

/** Units that still owe a restart. */
const owed = ({ pending, units }: FakeHost): readonly string[] =>
  [...pending].filter(([unit, entry]) => entry === 'any' || entry === units.get(unit)).map(([unit]) => unit)
