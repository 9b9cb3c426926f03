import { describe, expect, it } from 'vitest'
import { HostUnreachable } from '../../src/model/errors.ts'
import type { Rollout } from '../../src/model/runbook.ts'
import { type FakeHost, planOn, runOn } from '../../src/testing.ts'
import { configGenerated, PENDING, toyHost, toyRunbook, wishWritten } from '../engine/toy.ts'

const runbook = toyRunbook([wishWritten, configGenerated])

/** What becomes of a host: it is changed, its change fails, it never answers, or no more from its first change on. */
type Fate = 'good' | 'fails' | 'silent' | 'lost'

const FATES: Readonly<Record<string, Fate>> = { '+': 'good', '-': 'fails', '?': 'silent', x: 'lost' }

function hostOf(fate: Fate, index: number): FakeHost {
  const failing = fate === 'fails' ? [['generate', { exitCode: 1 }] as const] : []
  const name = `hv-${String(index + 1).padStart(2, '0')}`
  const host: FakeHost = toyHost({ name, commands: [[...PENDING]] })
  const gone = new HostUnreachable(`${name}: no answer`, { stage: 'dial', retry: false, code: 'E_REFUSED' })
  const leave = () => {
    host.unreachable = gone
    throw gone
  }
  Object.assign(host, {
    commands: [...failing, ...(fate === 'lost' ? [['generate', leave] as const] : []), ...host.commands],
    unreachable: fate === 'silent' ? gone : null,
  })
  return host
}

const SIGNS: Readonly<Record<string, string>> = {
  changed: '+',
  failed: '-',
  partial: '-',
  unreachable: '?',
  'not-reached': '.',
}

/** Runs on a host for each sign, and gives what became of each: `.` for one that was not started. */
async function ran(fates: string, rollout: Partial<Rollout>) {
  const hosts = [...fates].map((sign, index) => hostOf(FATES[sign] ?? 'good', index))
  const { report } = await runOn(runbook, {}, hosts, { rollout })
  const became = report.hosts.map(({ result }) => SIGNS[result] ?? result).join('')
  return `${became} exit ${report.exitCode}`
}

describe('how many hosts may fail, one after the other', () => {
  it.each([
    // Who never answered took no part: it counts neither among the hosts nor among the failures.
    ['?-++++++++', 0, '?-........ exit 5'],
    ['???+++++++', 0, '???+++++++ exit 4'],
    ['?-++++++++', 1, '?-++++++++ exit 3'],
    ['?-+-++++++', 1, '?-+-...... exit 5'],
    // A tenth of ten is one; of the nine that answered it is none.
    ['+-++++++++', '10%', '+-++++++++ exit 3'],
    ['?-++++++++', '10%', '?-........ exit 5'],
    ['?????----+', '100%', '?????----+ exit 3'],
    ['--', '100%', '-- exit 3'],
    ['x+++', 0, '-... exit 5'],
    ['?x+-++', 1, '?-+-.. exit 5'],
  ] as const)('of %s with %s: %s', async (fates, maxFailed, became) => {
    expect(await ran(fates, { batches: [1], maxFailed })).toBe(became)
  })
})

describe('a batch that is smaller than the others', () => {
  it.each([
    ['+++++++-', [3], 0, '+++++++- exit 3'],
    ['?++++++-+', [1, '50%'], 0, '?++++++-+ exit 3'],
  ] as const)('%s in batches of %j', async (fates, batches, maxFailed, became) => {
    expect(await ran(fates, { batches: [...batches], maxFailed })).toBe(became)
  })
})

describe('a runbook', () => {
  it('of no steps finds nothing to do on any host', async () => {
    const { report, rows } = await runOn(toyRunbook([]), {}, [hostOf('good', 0), hostOf('good', 1)])

    expect(report.hosts.map(({ result }) => result)).toEqual(['satisfied', 'satisfied'])
    expect(report.exitCode).toBe(0)
    expect(rows.filter(({ type }) => type === 'claim')).toEqual([])
  })

  it('of ten thousand steps is planned, and one of thousands run', async () => {
    const steps = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ ...wishWritten, id: `step-${index}` }))
    const host = hostOf('good', 0)

    const [plan] = await planOn(toyRunbook(steps(10_000)), {}, [hostOf('good', 1)])
    const { report } = await runOn(toyRunbook(steps(4_000)), {}, [host])

    expect(plan).toMatchObject({ state: 'ready', steps: { length: 10_000 } })
    expect(report).toMatchObject({ exitCode: 0, counts: { changed: 1 } })
    expect(host.counters.changes).toEqual(['write /etc/wish'])
  })
})
