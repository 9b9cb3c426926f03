import { describe, expect, it } from 'vitest'

import type { Recorded } from '../../../src/model/event.ts'
import type { Step } from '../../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  rollbackOn,
  runOn,
  textFile,
} from '../../../src/testing.ts'
import { crossing } from '../steps/cross.ts'
import { booted, configGenerated, PENDING, serviceOff, toyHost, toyRunbook, wishWritten } from '../toy.ts'

const ON = { '/run/service': 'on' }
const makeHost = (files: Readonly<Record<string, string>> = ON) => toyHost({ files, commands: [[...PENDING]] })

/** Runs the steps, lets something happen, and sends the host back; what the way back did. */
async function back(
  steps: readonly Step[],
  {
    host = makeHost(),
    reboot = false,
    meanwhile = () => {},
  }: { host?: FakeHost; reboot?: boolean; meanwhile?: (goBack: () => Promise<unknown>) => unknown } = {},
) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const parts = { journal, clock, transport: fakeTransport({ hosts: [host], clock }) }
  const runbook = toyRunbook(steps)
  await runOn(runbook, {}, [host], parts)
  await meanwhile(() => rollbackOn(runbook, [host], parts))
  host.counters.changes.length = 0
  const { length } = await journal.rows('test')
  const { report, rows } = await rollbackOn(runbook, [host], { ...parts, reboot })
  return { host, acts: actsIn(rows.slice(length)), ended: report.hosts[0] }
}

const write = (host: FakeHost, path: string, text: string) => host.files.set(path, textFile(text))

const actsIn = (rows: readonly Recorded[]) =>
  rows.flatMap((row) => (row.type === 'intent' ? [`${row.act} ${row.step}`] : []))

describe('a bracket on the way back', () => {
  it('is entered around a step that is derived from what is undone outside of it', async () => {
    const { host } = await back([wishWritten, serviceOff([configGenerated])])

    expect(host.counters.changes).toEqual(['service off', 'restore /etc/wish', 'generate', 'service on'])
  })

  it('is entered around a step that is settled although nothing is undone', async () => {
    const host = makeHost({ ...ON, '/etc/wish': 'new\n' })

    await back([serviceOff([configGenerated])], { host, meanwhile: () => write(host, '/etc/wish', 'other\n') })

    expect(host.counters.changes).toEqual(['service off', 'generate', 'service on'])
  })

  it('is not entered where all inside is settled already', async () => {
    const { host, ended } = await back([serviceOff([configGenerated])], {
      host: makeHost({ ...ON, '/etc/wish': 'new\n' }),
    })

    expect([ended?.result, host.counters.changes]).toEqual(['rolled-back', []])
  })

  it('is not entered for a reboot that is allowed and not needed', async () => {
    const { host, ended } = await back([serviceOff([booted])], {
      host: makeHost({ ...ON, '/boot/cfg': 'new\n' }),
      reboot: true,
    })

    expect([ended?.result, host.counters.changes, host.counters.boots]).toEqual(['rolled-back', [], 1])
  })

  it('is entered for the reboot that an earlier rollback has left to a person', async () => {
    const { host, ended } = await back([wishWritten, configGenerated, serviceOff([booted])], {
      meanwhile: (goBack) => goBack(),
      reboot: true,
    })

    expect([ended?.result, host.counters.changes]).toEqual(['rolled-back', ['service off', 'service on']])
    expect(host.counters.boots).toBe(2)
  })

  it('is entered once, however often its reboot must be asked for', async () => {
    const host = makeHost()

    const { acts } = await back([wishWritten, configGenerated, serviceOff([crossing()])], {
      host,
      meanwhile: () => Object.assign(host, { onReboot: 'takes-the-second' }),
      reboot: true,
    })

    expect(acts).toEqual(WHOLE_WAY)
  })

  it('is left only when the new boot has lasted', async () => {
    const { acts } = await back([wishWritten, configGenerated, serviceOff([crossing({ stableFor: '60s' })])], {
      reboot: true,
    })

    expect(acts).toEqual(WHOLE_WAY)
  })
})

const WHOLE_WAY = [
  'enter service-off',
  'undo wish-written',
  'settle config-generated',
  'settle wish-booted',
  'leave service-off',
]
