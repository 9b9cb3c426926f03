import { describe, expect, it } from 'vitest'

import { memoryJournal, planOn, resumeOn, runOn } from '../../src/testing.ts'
import { PENDING, toyHost, toyRunbook, WHOLE } from './toy.ts'

const BOOT = '6f1b2c3d-0000-4000-8000-00000000000a'
const OTHER = '6f1b2c3d-0000-4000-8000-00000000000b'
const runbook = toyRunbook(WHOLE)
const makeHost = (boot: string) =>
  toyHost({ commands: [[...PENDING], ['cat /proc/sys/kernel/random/boot_id', `${boot}\n`]] })

describe('a host that has the boot id of the machine on which the run goes', () => {
  it('is blocked in the plan where a step would reboot it, whatever its name', async () => {
    const hosts = [makeHost(BOOT)]

    const [plan] = await planOn(runbook, {}, hosts, { ownBoot: BOOT })

    expect(plan).toMatchObject({
      state: 'blocked',
      code: 'E_OWN_MACHINE',
      remedy: 'Run this from another machine, which reaches this one over SSH.',
    })
  })

  it('is not rebooted by a run that was begun elsewhere and is resumed on it', async () => {
    const host = makeHost(BOOT)
    const journal = memoryJournal()
    Object.assign(host, { commands: [['generate', { exitCode: 1 }], ...host.commands] })
    await runOn(runbook, {}, [host], { journal, ownBoot: OTHER })
    Object.assign(host, { commands: host.commands.slice(1) })

    const { report } = await resumeOn(runbook, [host], { journal, ownBoot: BOOT })

    expect(report.hosts[0]).toMatchObject({ code: 'E_OWN_MACHINE' })
    expect(report.exitCode).toBe(3)
    expect(host.counters.boots).toBe(0)
  })

  it('is no obstacle where the machine has another boot id', async () => {
    const { report } = await runOn(runbook, {}, [makeHost(OTHER)], { ownBoot: BOOT })

    expect(report.exitCode).toBe(0)
  })
})
