import { describe, expect, it } from 'vitest'

import { betweenWaves } from '../../../src/commands/waves/between-waves.ts'
import type { ControlEvent } from '../../../src/model/event.ts'
import type { Rollout } from '../../../src/model/runbook.ts'
import { createLines } from '../../../src/reporter/lines.ts'
import { fakeClock, memoryJournal } from '../../../src/testing.ts'
import { runOf } from '../../engine/rows.ts'

const WAVE = { index: 0, done: ['hv-01'], left: ['hv-02', 'hv-03'] }
const START = new Date(2026, 10, 23, 4, 58).getTime()

type Typed = Parameters<typeof betweenWaves>[2]['options']

/** What comes behind the canary of the run r1, and all that was said and asked. */
async function behindCanary(
  rollout: Partial<Rollout>,
  options: Typed,
  { answer = 'y', before = [] as ControlEvent[] } = {},
) {
  const [journal, clock] = [memoryJournal(), fakeClock()]
  const event = { ...runOf('hv-01', 'hv-02', 'hv-03'), rollout: { batches: [1], maxFailed: 0, ...rollout } }
  await journal.append([event, ...before])
  const said: string[] = []
  const look = { columns: 100, paint: (_: string, text: string) => text } as never
  const desk = {
    journal,
    ports: { clock },
    reporter: createLines({ say: (line) => said.push(line), look }),
    operator: {
      environment: process.env,
      say: (line: string) => said.push(line),
      ask: async (question: string) => {
        said.push(question)
        return answer
      },
    },
  }
  const drain = new AbortController()
  const now = () => START + clock.now()
  const between = await betweenWaves(desk, event, { options, ears: { drain: drain.signal }, now })
  const stop = await between(WAVE)
  return { stop, said, waited: clock.now() }
}

const paused: ControlEvent = { type: 'control', run: 'r1', action: 'end', data: 'paused', who: 'a@b', reason: '' }

describe('behind the canary', () => {
  it('nothing is asked, waited for or run where nobody wants it', async () => {
    expect(await behindCanary({}, {})).toEqual({ stop: null, said: [], waited: 0 })
  })

  it('a person is asked with the names and what is left, and goes on', async () => {
    const { stop, said } = await behindCanary({ pause: 'after-canary' }, {})

    expect([stop, said[0]]).toEqual([null, 'hv-01 done. 2 hosts left; go on? [y/N] '])
  })

  it.each([
    ['who says no', {}, 'n'],
    ['who said yes to the plan alone', { yes: true }, 'y'],
    ['who is not to be asked', { input: false }, 'y'],
  ])('the run is paused for a person %s', async (_who, options, answer) => {
    const { stop, said } = await behindCanary({ pause: 'after-canary' }, options, { answer })

    expect(stop).toBe('paused')
    expect(said.at(-1)).toBe('Paused behind hv-01; 2 hosts left. Go on with: runbook resume r1')
  })

  it('nobody is asked again by a resume of a run that was paused there', async () => {
    const { stop, said } = await behindCanary({ pause: 'after-canary' }, { yes: true }, { before: [paused] })

    expect([stop, said]).toEqual([null, []])
  })

  it('its hosts are left to themselves for as long as the rollout says', async () => {
    const { stop, said, waited } = await behindCanary({ soak: '10m' }, {})

    expect([stop, waited]).toEqual([null, 600_000])
    expect(said).toEqual(['2 hosts left: waiting 10m 00s, until 2026-11-23 05:08'])
  })

  it('the health command is told of run and hosts, and what it complains is said', async () => {
    const [well, ill] = [
      await behindCanary({}, { health: '[ "$RUNBOOK_RUN $RUNBOOK_HOSTS" = "r1 hv-01" ]' }),
      await behindCanary({}, { health: 'echo "pool is degraded" >&2; exit 4' }),
    ]

    expect(well).toMatchObject({ stop: null, said: [] })
    expect(ill.stop).toBe('unhealthy')
    expect(ill.said).toEqual([
      'The health command says no behind hv-01: exit 4: pool is degraded. Go on with: runbook resume r1',
    ])
  })

  it('no further batch begins once the time is over, which a wait may bring about', async () => {
    const until = { hour: 5, minute: 0 }
    const [early, late] = [await behindCanary({}, { until }), await behindCanary({ soak: '2m' }, { until })]

    expect([early.stop, late.stop]).toEqual([null, 'too-late'])
    expect(late.said.at(-1)).toBe('It is past 2026-11-23 05:00: no further batch begins. Go on with: runbook resume r1')
  })
})
