import { describe, expect, it } from 'vitest'

import { blocked } from '../../../src/model/check.ts'
import { fakeClock, memoryJournal, resumeOn, rollbackOn, runOn, textFile, textOf } from '../../../src/testing.ts'
import { toyHost } from '../toy.ts'
import { behind, cross, crossing, neverBoots, plain } from './cross.ts'

describe('a reboot that did not bring what was wanted', () => {
  /** The entry of the next boot is another one each time that it is asked. */
  const otherEntry = () => {
    const entries = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth']
    return crossing({ entry: async () => entries.shift() ?? 'last' })
  }

  it('is not tried again where nobody allowed it, though the entry is another one', async () => {
    const host = toyHost({ onBoot: neverBoots })
    const runbook = behind(otherEntry())
    const [journal, clock] = [memoryJournal(), fakeClock()]
    await runOn(runbook, {}, [host], { journal, clock })

    const { report } = await resumeOn(runbook, [host], { journal, clock })

    const text = 'booted without the wish; another reboot was not allowed, so the host is not rebooted again'
    expect(report.hosts[0]).toMatchObject({ result: 'failed', text })
    expect(host.counters.boots).toBe(1)
  })

  it('is tried once more for each leave that was given, where the entry is another one', async () => {
    const host = toyHost({ onBoot: neverBoots })
    const runbook = behind(otherEntry())
    const [journal, clock] = [memoryJournal(), fakeClock()]
    await runOn(runbook, {}, [host], { journal, clock })

    await resumeOn(runbook, [host], { journal, clock, reboot: true })
    const boots = host.counters.boots
    await resumeOn(runbook, [host], { journal, clock })
    const withoutLeave = host.counters.boots
    await resumeOn(runbook, [host], { journal, clock, reboot: true })

    expect([boots, withoutLeave, host.counters.boots]).toEqual([2, 2, 3])
  })
})

describe('a reboot that is not to be', () => {
  it('stops the host where its check says so only behind what came before', async () => {
    const refusing = crossing({
      async check(host) {
        const { text } = await host.read('/boot/cfg')
        if (text === 'old\n') return plain.check(host)
        return blocked({ code: 'E_NO', because: 'not today', remedy: 'Tomorrow.' })
      },
    })

    const { ended, host } = await cross(refusing)

    expect(ended).toMatchObject({ result: 'partial', code: 'E_NO', text: 'not today', step: 'wish-booted' })
    expect(host.counters.boots).toBe(0)
  })
})

describe('a reboot on the way back', () => {
  it('brings back what was booted before, and is told as settled', async () => {
    const { host, journal, clock } = await cross(crossing())

    const { report } = await rollbackOn(behind(crossing()), [host], { journal, clock, reboot: true })

    expect(report.hosts[0]).toMatchObject({ result: 'rolled-back', text: '1 undone, 2 settled' })
    expect([textOf(host, '/run/live'), host.counters.boots]).toEqual(['old\n', 2])
  })

  it('is left out where the running system is what the next boot would give', async () => {
    const { host, journal, clock } = await cross(crossing(), { onReboot: 'ignores' })

    const { report } = await rollbackOn(behind(crossing()), [host], { journal, clock })

    expect([report.hosts[0]?.result, host.counters.boots]).toEqual(['rolled-back', 0])
  })

  it('that does not bring it back needs a person', async () => {
    const { host, journal, clock } = await cross(crossing())
    const stays = { ...host, onBoot: () => host.files.set('/run/live', textFile('new\n')) }

    const { report } = await rollbackOn(behind(crossing()), [stays], { journal, clock, reboot: true })

    expect(report.hosts[0]).toMatchObject({
      result: 'needs-a-person',
      code: 'E_CMDLINE_NOT_APPLIED',
      step: 'wish-booted',
    })
  })

  it('is written down as settled where it was allowed', async () => {
    const { host, journal, clock } = await cross(crossing())

    const { rows } = await rollbackOn(behind(crossing()), [host], { journal, clock, reboot: true })

    const settled = rows.find((row) => row.type === 'outcome' && row.act === 'settle' && row.step === 'wish-booted')
    expect(settled).toMatchObject({ result: { outcome: 'settled', text: expect.stringMatching(/^back after /) } })
  })
})
