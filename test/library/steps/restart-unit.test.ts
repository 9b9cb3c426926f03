import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { restartUnit } from '../../../src/library/steps/restart-unit.ts'
import { defineRunbook } from '../../../src/model/runbook.ts'
import { type FakeHost, fakeHost, planOn, runOn } from '../../../src/testing.ts'

const UNIT = 'libvirtd.service'
const runbook = defineRunbook({
  name: 'restart',
  summary: 'Restart what owes it',
  hosts: 'all',
  params: z.object({}),
  steps: () => [restartUnit({ id: 'libvirt-started', unit: UNIT })],
})

/** A host on which the unit is in a state; `after` is what it shows ten seconds after a restart. */
function hostWith(owed: string | null, after = 'NRestarts=0\nActiveState=active\n', state = 'active'): FakeHost {
  const show = (host: FakeHost) => {
    const id = host.units.get(UNIT)
    const now = id === 'first' ? state : 'active'
    return `NRestarts=0\nActiveState=${id === undefined ? 'inactive' : now}\nInvocationID=${id ?? ''}\n`
  }
  const host = fakeHost({
    commands: [
      [/^cat -- '\/var\/lib\/runbook\/pending\/libvirtd.service'/, (it) => it.pending.get(UNIT) ?? { exitCode: 1 }],
      [/sleep 10/, (it) => `${show(it)}---\n${after}`],
      [/^systemctl show/, show],
      [/systemctl restart '/, (it) => (it.units.set(UNIT, 'second') ? '' : '')],
    ],
  })
  host.units.set(UNIT, 'first')
  if (owed !== null) host.pending.set(UNIT, owed)
  return host
}

const planned = async (host: FakeHost) => (await planOn(runbook, {}, [host]))[0]?.steps[0]

describe('a unit', () => {
  it('owes no restart where the host notes none', async () => {
    expect(await planned(hostWith(null))).toMatchObject({ state: 'satisfied', text: `${UNIT} owes no restart` })
  })

  it('owes one where it has run since before the change', async () => {
    expect(await planned(hostWith('first'))).toMatchObject({
      state: 'needed',
      text: `restart ${UNIT}: it has run since before a change that it must notice`,
    })
  })

  it('owes one where the change may have been made', async () => {
    expect(await planned(hostWith('any'))).toMatchObject({ state: 'needed' })
  })

  it('owes none where it was started anew since, by whomever', async () => {
    expect(await planned(hostWith('long ago'))).toMatchObject({ state: 'satisfied' })
  })

  it.each(['failed', 'activating'])('owes one where it was started anew since and is %s', async (state) => {
    expect(await planned(hostWith('long ago', undefined, state))).toMatchObject({
      state: 'needed',
      text: `restart ${UNIT}: it was started since a change that it must notice, and is ${state}`,
    })
  })

  it('owes none where it had failed before the change', async () => {
    expect(await planned(hostWith('first', undefined, 'failed'))).toMatchObject({ state: 'satisfied' })
  })

  it('owes none while it does not run', async () => {
    const host = hostWith('any')
    host.units.delete(UNIT)

    expect(await planned(host)).toMatchObject({ state: 'satisfied' })
  })
})

describe('a restart', () => {
  it('pays what was owed, and a second run finds nothing to do', async () => {
    const host = hostWith('first')

    const first = await runOn(runbook, {}, [host])
    const second = await runOn(runbook, {}, [host])

    expect([first.report.hosts[0]?.result, second.report.hosts[0]?.result]).toEqual(['changed', 'satisfied'])
    expect([host.units.get(UNIT), host.pending.size]).toEqual(['second', 0])
  })

  it('has systemd forget first that a unit has failed', async () => {
    const host = hostWith('long ago', undefined, 'failed')

    await runOn(runbook, {}, [host])

    expect(host.counters.changes).toEqual([`systemctl reset-failed '${UNIT}'; systemctl restart '${UNIT}'`])
  })

  it.each([
    [
      'has failed ten seconds later',
      'NRestarts=0\nActiveState=failed\n',
      'active, 10s later failed, started again 0 times',
    ],
    [
      'was started again meanwhile',
      'NRestarts=2\nActiveState=active\n',
      'active, 10s later active, started again 2 times',
    ],
  ])('of a unit that %s leaves the host partial', async (_title, after, seen) => {
    const { report } = await runOn(runbook, {}, [hostWith('first', after)])

    expect(report.hosts[0]).toMatchObject({
      result: 'partial',
      code: 'E_UNIT_NOT_STABLE',
    })
    expect(report.hosts[0]?.text).toContain(seen)
  })
})
