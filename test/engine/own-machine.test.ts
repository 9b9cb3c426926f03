import { describe, expect, it } from 'vitest'

import { isOwnMachine, ownMachineReboot, spareOwnMachine } from '../../src/engine/own-machine.ts'
import type { SingleStep } from '../../src/engine/place-steps.ts'
import type { Connection } from '../../src/engine/ports.ts'
import { type Check, deferred, needed, satisfied } from '../../src/model/check.ts'
import { memoryJournal, planOn, resumeOn, runOn } from '../../src/testing.ts'
import { booted, PENDING, toyHost, toyRunbook, WHOLE, wishWritten } from './toy.ts'

const BOOT = '6f1b2c3d-0000-4000-8000-00000000000a'
const OTHER = '6f1b2c3d-0000-4000-8000-00000000000b'
const runbook = toyRunbook(WHOLE)
const makeHost = (boot: string) =>
  toyHost({ commands: [[...PENDING], ['cat /proc/sys/kernel/random/boot_id', `${boot}\n`]] })

/** A connection to a host of this boot id, and how often it was asked for that. */
function connectionTo(boot: string, parts: Partial<Connection> = {}) {
  const asked: string[] = []
  const look: Connection['look'] = async (_command, { limit }) => {
    asked.push(limit)
    return { exitCode: 0, stdout: `${boot}\n`, stderr: '' }
  }
  return { asked, connection: { look, ...parts } as Connection }
}

describe('whether a host is the machine on which the run goes', () => {
  it('is known without a question where it is reached as such', async () => {
    const { asked, connection } = connectionTo(OTHER, { ownMachine: true })

    expect([await isOwnMachine(connection, { ownBoot: BOOT }), asked]).toEqual([true, []])
  })

  it('is not asked where nobody knows the boot id of this machine', async () => {
    const { asked, connection } = connectionTo(OTHER)

    expect([await isOwnMachine(connection, {}), asked]).toEqual([false, []])
  })

  it('is answered within ten seconds', async () => {
    const { asked, connection } = connectionTo(BOOT)

    expect([await isOwnMachine(connection, { ownBoot: BOOT }), asked]).toEqual([true, ['10s']])
  })
})

describe('the answer of a step on the machine on which the run goes', () => {
  it.each<readonly [string, SingleStep, Check, string]>([
    ['a reboot that is needed', booted, needed('reboot', null), 'blocked'],
    ['a reboot of which is only known later whether it is needed', booted, deferred('the change'), 'blocked'],
    ['a reboot that is not needed', booted, satisfied('it runs'), 'satisfied'],
    ['a change', wishWritten, needed('write', null), 'needed'],
    ['a change that is only known later', wishWritten, deferred('the change'), 'deferred'],
  ])('is, for %s, told as it should be: %#', async (_what, step, check, state) => {
    const { connection } = connectionTo(BOOT)

    expect((await spareOwnMachine(step, check, connection, { ownBoot: BOOT })).state).toBe(state)
  })

  it('cannot be overridden', () => {
    expect(ownMachineReboot()).toMatchObject({ code: 'E_OWN_MACHINE', absolute: true })
  })
})

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
