import { describe, expect, it } from 'vitest'
import type { Journal } from '../../src/engine/ports.ts'
import type { Recorded } from '../../src/model/event.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  type Moment,
  memoryJournal,
  planOn,
  resumeOn,
  runOn,
  textOf,
} from '../../src/testing.ts'
import { ControllerDied } from '../crash/mortal.ts'
import { PENDING, toyHost, toyRunbook, WHOLE } from './toy.ts'

const runbook = toyRunbook(WHOLE)
const makeHost = (): FakeHost => toyHost({ commands: [[...PENDING]] })

/** A whole run whose controller dies at the nth durable row, or at the nth moment on the host; then one resume. */
async function dieAndResume(death: { row?: number; moment?: readonly [Moment, number] }, host = makeHost()) {
  const journal = memoryJournal({
    onAppend: (_event, index) => {
      if (index === death.row) throw new ControllerDied('the controller died here')
    },
  })
  const clock = fakeClock()
  let seen = 0
  let dead = false
  const transport = fakeTransport({
    hosts: [host],
    clock,
    moment: (moment) => {
      if (death.moment?.[0] === moment && ++seen === death.moment[1]) dead = true
      if (dead) throw new ControllerDied('the controller died here')
    },
  })
  const mortal: Journal = {
    ...journal,
    append: (events, lease) =>
      dead ? Promise.reject(new ControllerDied('the controller died here')) : journal.append(events, lease),
  }
  const before = await runOn(runbook, {}, [host], { journal: mortal, clock, transport }).catch((error: unknown) => {
    if (error instanceof ControllerDied) return null
    throw error
  })
  // A dead controller writes nothing more: what it appended after its death is not there.
  const second = journal.reopen()
  const after = before ?? (await resumeOn(runbook, [host], { journal: second, clock }))
  return { before, after, host, rows: (await second.rows('test')) as readonly Recorded[] }
}

const finalState = (host: FakeHost) => ({
  wish: textOf(host, '/etc/wish'),
  config: textOf(host, '/boot/cfg'),
  live: textOf(host, '/run/live'),
  pending: [...host.pending.values()].filter((owed) => owed === host.units.get('daemon')),
  boots: host.counters.boots,
  owner: host.owner?.state,
})

const DONE = { wish: 'new\n', config: 'new\n', live: 'new\n', pending: [], boots: 1, owner: 'released' }

describe('a whole run', () => {
  it('takes a host through files, reboot and restart, and finds nothing to do the second time', async () => {
    const host = makeHost()

    const first = await runOn(runbook, {}, [host])
    const second = await runOn(runbook, {}, [host])

    expect(first.report.hosts[0]).toMatchObject({ result: 'changed', text: '3 steps changed' })
    expect(first.report.hosts[0]?.steps.at(-1)).toMatchObject({
      step: 'daemon-restarted',
      outcome: 'satisfied',
      text: 'nothing is owed',
    })
    expect(second.report.hosts[0]).toMatchObject({ result: 'satisfied' })
    expect(finalState(host)).toEqual(DONE)
    expect(host.counters.changes).toEqual(['write /etc/wish', 'generate'])
  })

  it('plans without touching anything', async () => {
    const host = makeHost()

    const [plan] = await planOn(runbook, {}, [host])

    expect(plan?.steps.map(({ step, state, text }) => `${step} ${state} ${text}`)).toEqual([
      'no-guests satisfied no guests run',
      'wish-written needed write the wish',
      'config-generated needed generate the configuration',
      'wish-booted needed reboot',
      'daemon-restarted deferred will restart daemon',
    ])
    expect(host.counters.changes).toEqual([])
    expect(host.owner).toBeNull()
  })
})

describe('the controller dies at every durable row', async () => {
  const whole = await runOn(runbook, {}, [makeHost()])

  it.each(whole.rows.map((row, index) => [index, row.type] as const))(
    'row %i (%s): one resume ends in the same state, one boot',
    async (row) => {
      const { host, after } = await dieAndResume({ row })

      expect(finalState(host)).toEqual({ ...DONE, boots: 1 })
      expect(after?.report.exitCode).toBe(0)
      expect(host.counters.changes).toEqual(['write /etc/wish', 'generate'])
    },
  )
})

describe('the controller dies while the host acts', () => {
  const moments: readonly (readonly [Moment, number])[] = [
    ['claimed', 1],
    ['started', 1],
    ['changed', 1],
    ['started', 2],
    ['changed', 2],
    ['reboot-requested', 1],
    ['released', 1],
  ]

  it.each(moments)('at %s number %i: no command runs again after it had ended', async (moment, number) => {
    const { host, after } = await dieAndResume({ moment: [moment, number] })

    expect(finalState(host)).toEqual({ ...DONE, boots: 1 })
    expect(after?.report.exitCode).toBe(0)
    expect(host.counters.changes).toEqual(['write /etc/wish', 'generate'])
  })
})
