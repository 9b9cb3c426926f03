import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/engine/ports.ts'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { HostUnreachable } from '../../src/model/errors.ts'
import { guarded, step } from '../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeHost,
  fakeTransport,
  memoryJournal,
  resumeOn,
  runOn,
  textOf,
} from '../../src/testing.ts'
import { withGuard } from './steps/with-guard.ts'
import { toyRunbook } from './toy.ts'

const noRoute = (retry: boolean) =>
  new HostUnreachable('hv-01: no route', { stage: 'dial', retry, code: 'E_NO_ROUTE', remedy: 'Check the route.' })

/** A host, its clock, and how to lose it. */
function losing(error: HostUnreachable = noRoute(true)) {
  const host = fakeHost({ name: 'hv-01', commands: [['work', '']] })
  const lose = (): void => {
    host.unreachable = error
  }
  return { clock: fakeClock(), host, lose }
}

function onlyOnce(work: () => void): () => void {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}

/** The first time it is asked is the plan, the second is behind the claim. */
const ASKED = { claim: 2, change: 0 }

const written = (lost: () => void, at: keyof typeof ASKED | 'before') => {
  let asked = 0
  return step<string>({
    id: 'one',
    async check(host) {
      const { state, fingerprint } = await host.read('/one')
      asked += 1
      if (at !== 'before' && asked === ASKED[at]) lost()
      await host.look`work`
      return state === 'present' ? satisfied('there') : needed('write', fingerprint)
    },
    async apply(host, found) {
      if (at === 'change') lost()
      await host.write('/one', 'new\n', { replacing: found })
    },
  })
}

/** Loses the host as it is about to be claimed. */
const losingAtClaim = (host: FakeHost, clock: Clock, lose: () => void) =>
  withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
    claim(request) {
      lose()
      return guard.claim(request)
    },
  }))

describe('a host that is lost', () => {
  it('before anything was done is dialled for a quarter of a minute, then left as it was', async () => {
    const { clock, host, lose } = losing()
    const transport = losingAtClaim(host, clock, lose)

    const { report } = await runOn(toyRunbook([written(lose, 'before')]), {}, [host], { clock, transport })

    expect(report.hosts[0]).toMatchObject({
      result: 'unreachable',
      code: 'E_NO_ROUTE',
      text: 'hv-01: no route',
      remedy: 'Check the route.',
    })
    expect(report.hosts[0]).not.toHaveProperty('owned')
    expect([clock.now() >= 15_000, clock.now() < 20_000, report.exitCode]).toEqual([true, true, 4])
  })

  it('behind its claim is told as held by that, and is free again when it was taken up', async () => {
    const { clock, host, lose } = losing()
    const journal = memoryJournal()
    const runbook = toyRunbook([written(onlyOnce(lose), 'claim')])

    const { report } = await runOn(runbook, {}, [host], { clock, journal })
    const held = host.owner?.state
    host.unreachable = null
    const again = await resumeOn(runbook, [host], { clock, journal })

    expect(report.hosts[0]).toMatchObject({ result: 'unreachable', owned: 'a claim that could not be given back' })
    expect([held, report.exitCode]).toEqual(['owned', 4])
    expect(again.report.hosts[0]).toMatchObject({ result: 'changed' })
    expect(host.owner?.state).toBe('released')
  })

  it('is not dialled again where that cannot help', async () => {
    const { clock, host, lose } = losing(noRoute(false))
    const transport = losingAtClaim(host, clock, lose)

    const { report } = await runOn(toyRunbook([written(lose, 'before')]), {}, [host], { clock, transport })

    expect([report.hosts[0]?.result, clock.now()]).toEqual(['unreachable', 0])
  })

  it('behind a change is dialled for two minutes, then a person is asked, and the host stays ours', async () => {
    const { clock, host, lose } = losing()
    const journal = memoryJournal()
    const runbook = toyRunbook([written(lose, 'change')])

    const { report } = await runOn(runbook, {}, [host], { clock, journal })

    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_LOST_AFTER_CHANGE',
      text: 'hv-01: no route',
      remedy: 'Check the route.',
      owned: 'a change whose end was not seen',
    })
    expect([clock.now() >= 120_000, clock.now() < 130_000, report.exitCode]).toEqual([true, true, 3])
    expect(host.owner?.state).not.toBe('released')
  })

  it('names the resume where nothing better is known', async () => {
    const { clock, host, lose } = losing(
      new HostUnreachable('hv-01: gone', { stage: 'lost', retry: true, code: 'E_LOST' }),
    )

    const { report } = await runOn(toyRunbook([written(lose, 'change')]), {}, [host], { clock, run: 'r9' })

    expect(report.hosts[0]?.remedy).toBe('runbook resume r9')
  })

  it('and comes back in time is finished, with one more beginning of what never arrived', async () => {
    const { clock, host, lose } = losing()
    const sleep = clock.sleep.bind(clock)
    const patient = {
      ...clock,
      now: () => clock.now(),
      sleep: async (milliseconds: number, signal?: AbortSignal) => {
        await sleep(milliseconds, signal)
        if (clock.now() > 60_000) host.unreachable = null
      },
    }

    const { report, rows } = await runOn(toyRunbook([written(onlyOnce(lose), 'change')]), {}, [host], {
      clock: patient,
    })

    expect(report.hosts[0]).toMatchObject({ result: 'changed', text: '1 step changed' })
    expect(rows.filter(({ type }) => type === 'void')).toHaveLength(1)
    expect(textOf(host, '/one')).toBe('new\n')
    expect(host.owner?.state).toBe('released')
  })

  it('is taken up by a resume, once it is back', async () => {
    const { clock, host, lose } = losing()
    const journal = memoryJournal()
    const runbook = toyRunbook([written(onlyOnce(lose), 'change')])
    await runOn(runbook, {}, [host], { clock, journal })
    host.unreachable = null

    const { report } = await resumeOn(runbook, [host], { clock, journal })

    expect(report.hosts[0]).toMatchObject({ result: 'changed' })
    expect(host.owner?.state).toBe('released')
  })

  it('behind a switch is dialled beyond the moment at which the switch may bring it back', async () => {
    const { clock, host } = losing()
    const cutting = guarded<string>({
      id: 'cut',
      check: async (it) => ((await it.read('/cut')).state === 'present' ? satisfied('cut') : needed('cut', 'absent')),
      apply: async (it) => {
        await it.run`work`
        host.unreachable = noRoute(true)
      },
      within: '3m',
      revert: () => sh`work`,
    })

    const { report } = await runOn(toyRunbook([cutting]), {}, [host], { clock })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_LOST_AFTER_CHANGE' })
    expect([clock.now() >= 300_000, clock.now() < 310_000]).toEqual([true, true])
  })
})
