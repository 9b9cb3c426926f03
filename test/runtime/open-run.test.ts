import { describe, expect, it } from 'vitest'
import { sh } from '../../src/model/command.ts'
import { HostUnreachable } from '../../src/model/errors.ts'
import { once } from '../../src/model/step.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  planOn,
  resumeOn,
  runOn,
  textFile,
} from '../../src/testing.ts'
import { ControllerDied, mortalPorts } from '../crash/mortal.ts'
import { configGenerated, PENDING, toyHost, toyRunbook, WHOLE, wishWritten } from '../engine/toy.ts'

const names = (count: number) => Array.from({ length: count }, (_, index) => `hv-${String(index + 1).padStart(2, '0')}`)
const makeHosts = (count: number, parts: Parameters<typeof toyHost>[0] = {}): readonly FakeHost[] =>
  names(count).map((name) => toyHost({ name, ...parts, commands: [...(parts.commands ?? []), [...PENDING]] }))
const results = (report: { hosts: readonly { result: string }[] }) => report.hosts.map(({ result }) => result)

const files = toyRunbook([wishWritten, configGenerated])

describe('rollout', () => {
  it('goes one host at a time when the runbook reboots: the canary is released before the next begins', async () => {
    const hosts = makeHosts(3)

    const { rows } = await runOn(toyRunbook(WHOLE), {}, hosts)

    const order = rows.flatMap((row) =>
      row.type === 'claim' || row.type === 'release' ? [`${row.type} ${row.host}`] : [],
    )
    expect(order).toEqual(names(3).flatMap((name) => [`claim ${name}`, `release ${name}`]))
  })

  it('starts no further host once more have failed than the budget allows: exit 5', async () => {
    const [first, second, third] = makeHosts(3) as [FakeHost, FakeHost, FakeHost]
    Object.assign(first, { commands: [['generate', { exitCode: 1 }], ...first.commands] })

    const { report } = await runOn(files, {}, [first, second, third], { rollout: { batches: [1], maxFailed: 0 } })

    expect(results(report)).toEqual(['failed', 'not-reached', 'not-reached'])
    expect(report.exitCode).toBe(5)
    expect(second.owner).toBeNull()
    expect(third.counters.changes).toEqual([])
  })

  it('starts no further host of a batch that goes side by side either', async () => {
    const hosts = makeHosts(120)
    for (const host of hosts) Object.assign(host, { commands: [['generate', { exitCode: 1 }], ...host.commands] })

    const { report } = await runOn(files, {}, hosts, { rollout: { batches: ['100%'], maxFailed: 0 } })

    const untouched = hosts.filter(({ owner }) => owner === null)
    expect(untouched.length).toBeGreaterThanOrEqual(70)
    expect(results(report).filter((result) => result === 'not-reached')).toHaveLength(untouched.length)
    expect(report.exitCode).toBe(5)
  })

  it('goes on within the budget, and says 3 at the end', async () => {
    const hosts = makeHosts(3)
    Object.assign(hosts[0]!, { commands: [['generate', { exitCode: 1 }], ...hosts[0]!.commands] })

    const { report } = await runOn(files, {}, hosts, { rollout: { batches: [1], maxFailed: 1 } })

    expect(results(report)).toEqual(['failed', 'changed', 'changed'])
    expect(report.exitCode).toBe(3)
  })

  it('counts batches over hosts with pending changes only', async () => {
    const hosts = makeHosts(3)
    for (const path of ['/etc/wish', '/boot/cfg']) hosts[0]!.files.set(path, textFile('new\n'))

    const { rows, report } = await runOn(files, {}, hosts, { rollout: { batches: [1] } })

    expect(rows.find((row) => row.type === 'claim')).toMatchObject({ host: 'hv-02' })
    expect(results(report)).toEqual(['satisfied', 'changed', 'changed'])
  })
})

describe('hosts that cannot take part', () => {
  it('an unreachable host is listed with its code and stays out: exit 4', async () => {
    const hosts = makeHosts(2)
    hosts[0]!.unreachable = new HostUnreachable('hv-01: connection refused', {
      stage: 'dial',
      retry: false,
      code: 'E_REFUSED',
    })

    const { report } = await runOn(files, {}, hosts)

    expect(report.hosts.map(({ result, code }) => [result, code])).toEqual([
      ['unreachable', 'E_REFUSED'],
      ['changed', undefined],
    ])
    expect(report.exitCode).toBe(4)
  })

  it('a check that throws blocks its host and names the step', async () => {
    const broken = { ...wishWritten, check: () => Promise.reject(new TypeError('no such column')) }

    const [plan] = await planOn(toyRunbook([broken]), {}, makeHosts(1))

    expect(plan).toMatchObject({ state: 'blocked', code: 'E_CHECK_FAILED' })
    expect(plan?.text).toContain('no such column')
  })
})

describe('resume', () => {
  it('asks only for hosts that nobody approved, when the controller died among the planned rows', async () => {
    const hosts = makeHosts(3)
    const journal = memoryJournal()
    const clock = fakeClock()
    const ports = mortalPorts(
      { journal, transport: fakeTransport({ hosts, clock }) },
      { after: 'row', type: 'planned', nth: 2 },
    )
    await expect(runOn(files, {}, hosts, { ...ports, clock })).rejects.toThrow(ControllerDied)

    const { report, rows } = await resumeOn(files, hosts, { journal, clock })

    expect(results(report)).toEqual(['changed', 'changed', 'changed'])
    expect(rows.filter(({ type }) => type === 'approved')).toHaveLength(1)
  })

  it('takes a failed host up first and changes only what it still needs', async () => {
    const hosts = makeHosts(2)
    const commands = hosts[1]!.commands
    Object.assign(hosts[1]!, { commands: [['generate', { exitCode: 1 }], ...commands] })
    const journal = memoryJournal()
    await runOn(files, {}, hosts, { journal, rollout: { batches: [1], maxFailed: 5 } })
    Object.assign(hosts[1]!, { commands })
    hosts[1]!.counters.changes.length = 0

    const { report } = await resumeOn(files, hosts, { journal })

    expect(results(report)).toEqual(['changed', 'changed'])
    expect(hosts[1]!.counters.changes).toEqual(['generate'])
    expect(report.exitCode).toBe(0)
  })

  it('asks again when an approved host needs a step that was not shown', async () => {
    const [host] = makeHosts(1) as [FakeHost]
    host.files.set('/boot/cfg', textFile('new\n'))
    const journal = memoryJournal()
    const clock = fakeClock()
    const ports = mortalPorts(
      { journal, transport: fakeTransport({ hosts: [host], clock }) },
      { after: 'row', type: 'approved' },
    )
    await expect(runOn(files, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    host.files.set('/boot/cfg', textFile('something else\n'))

    const { rows } = await resumeOn(files, [host], { journal, clock })

    expect(rows.filter(({ type }) => type === 'planned')).toHaveLength(2)
    expect(rows.filter(({ type }) => type === 'approved')).toHaveLength(2)
  })

  it('does not ask again when an approved host needs less', async () => {
    const [host] = makeHosts(1) as [FakeHost]
    const journal = memoryJournal()
    const clock = fakeClock()
    const ports = mortalPorts(
      { journal, transport: fakeTransport({ hosts: [host], clock }) },
      { after: 'row', type: 'approved' },
    )
    await expect(runOn(files, {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    host.files.set('/boot/cfg', textFile('new\n'))

    const { rows, report } = await resumeOn(files, [host], { journal, clock })

    expect(rows.filter(({ type }) => type === 'planned')).toHaveLength(1)
    expect(results(report)).toEqual(['changed'])
  })
})

describe('--exact', () => {
  it('stops a host that changed since its plan, before touching it', async () => {
    const [host] = makeHosts(1) as [FakeHost]
    const transport = fakeTransport({ hosts: [host], clock: fakeClock() })
    const wording = { count: 0 }
    const drifting = {
      ...wishWritten,
      async check(probe: Parameters<typeof wishWritten.check>[0]) {
        const check = await wishWritten.check(probe)
        wording.count += 1
        return check.state === 'needed'
          ? { ...check, change: `write the wish, the ${wording.count}. time asked` }
          : check
      },
    }

    const { report } = await runOn(toyRunbook([drifting]), {}, [host], { exact: true, transport })

    expect(report.hosts[0]).toMatchObject({ result: 'blocked', code: 'E_WORLD_MOVED' })
    expect(host.counters.changes).toEqual([])
  })
})

describe('a once-step', () => {
  const seeded = once({ id: 'seeded', does: 'seed the pool', command: sh`seed` })
  const makeOnce = () => makeHosts(1, { commands: [['seed', '']] })[0] as FakeHost

  it('runs once in a run', async () => {
    const host = makeOnce()
    const journal = memoryJournal()

    const { report } = await runOn(toyRunbook([seeded]), {}, [host], { journal })
    await resumeOn(toyRunbook([seeded]), [host], { journal })

    expect(host.counters.changes).toEqual(['seed'])
    expect(report.hosts[0]?.steps).toMatchObject([{ outcome: 'changed', text: 'seed the pool', kept: true }])
  })

  it('is adopted from its marker when the controller died before its outcome', async () => {
    const host = makeOnce()
    const journal = memoryJournal()
    const clock = fakeClock()
    const ports = mortalPorts(
      { journal, transport: fakeTransport({ hosts: [host], clock }) },
      { after: 'call', verb: 'change' },
    )
    await expect(runOn(toyRunbook([seeded]), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)

    const { report } = await resumeOn(toyRunbook([seeded]), [host], { journal, clock })

    expect(results(report)).toEqual(['changed'])
    expect(host.counters.changes).toEqual(['seed'])
  })

  it('in doubt is never guessed: a person resolves it', async () => {
    const host = makeOnce()
    const journal = memoryJournal()
    const clock = fakeClock()
    const ports = mortalPorts(
      { journal, transport: fakeTransport({ hosts: [host], clock }) },
      { after: 'call', verb: 'change' },
    )
    await expect(runOn(toyRunbook([seeded]), {}, [host], { ...ports, clock })).rejects.toThrow(ControllerDied)
    host.markers.splice(0, 1, { ...host.markers[0]!, state: 'gone', exitCode: null })

    const doubt = await resumeOn(toyRunbook([seeded]), [host], { journal, clock })
    const resolvedAs = async (as: 'done' | 'fail') => {
      const row = { type: 'control', run: 'test', host: host.name, action: 'resolve' } as const
      await journal.append([{ ...row, data: { step: 'seeded', as }, who: 'me', reason: 'looked' }])
      return resumeOn(toyRunbook([seeded]), [host], { journal, clock, limit: [host.name] })
    }
    const failed = await resolvedAs('fail')
    const resolved = await resolvedAs('done')

    expect(doubt.report.hosts[0]).toMatchObject({ result: 'needs-a-person', code: 'E_IN_DOUBT' })
    expect(doubt.report.hosts[0]?.remedy).toContain('runbook resolve test hv-01 seeded --done|--rerun|--fail')
    expect(failed.report.hosts[0]).toMatchObject({
      code: 'E_RESOLVED_FAILED',
      remedy: 'runbook resolve test hv-01 seeded --rerun',
    })
    expect(results(resolved.report)).toEqual(['changed'])
    expect(host.counters.changes).toEqual(['seed'])
  })
})
