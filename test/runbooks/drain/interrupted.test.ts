import { describe, expect, it } from 'vitest'
import hugepages from '../../../runbooks/hugepages-1g.ts'
import { fakeClock, fakeCloud, fakeTransport, memoryJournal, resumeOn, runOn } from '../../../src/testing.ts'
import { SMALL } from '../facts-of-a-host.ts'
import { fakeHypervisor } from '../fake-hypervisor.ts'
import { COMPUTE, drainedHost, MIGRATE } from './drained-host.ts'

/** Types Ctrl-C when a guest has begun to move: once, or once more for the end. */
function interrupting(site: ReturnType<typeof drainedHost>, times: 1 | 2) {
  const drain = new AbortController()
  const end = new AbortController()
  const onGlimpse = (_host: string, _step: string, line: string) => {
    site.glimpses.push(line)
    if (line !== 'still here: web (migrating)') return
    drain.abort()
    if (times === 2) end.abort()
  }
  return { onGlimpse, signals: { drain: drain.signal, end: end.signal } }
}

describe('Ctrl-C while guests move', () => {
  it.each([
    [1, 'once lets them arrive, and begins no restart', 'elsewhere'],
    [2, 'twice stops at once, and nova goes on', COMPUTE],
  ] as const)('%i: %s; a resume ends as if nothing had been', async (times, _, where) => {
    const site = drainedHost({ servers: [{ name: 'web' }] })
    const journal = memoryJournal()

    const { report } = await site.run(MIGRATE, { journal, ...interrupting(site, times) })
    const then = [[...site.cloud.servers.values()][0]?.host, site.host.counters.boots, site.serviceNow()]
    const resumed = await resumeOn(hugepages, [site.host], { journal, cloud: site.cloud.port })

    expect(report.hosts[0]?.result).toBe('unfinished')
    expect(report.hosts[0]?.debts).toContain('compute-service-disabled')
    expect(then).toEqual([where, 0, 'disabled: runbook test'])
    expect(resumed.report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect(site.cloud.changes.filter((change) => change === 'live-migrate web')).toHaveLength(1)
    expect([site.host.counters.boots, site.serviceNow()]).toEqual([1, 'enabled'])
  })
})

describe('several at once', () => {
  it('hosts of one batch are drained side by side, each with its own service', async () => {
    const guests = ['aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002']
    const machines = ['hv-01', 'hv-02'].map((name, index) => fakeHypervisor({ name, guests: [guests[index] ?? ''] }))
    const cloud = fakeCloud({
      services: [{ host: 'hv-01' }, { host: 'hv-02' }],
      servers: guests.map((id, index) => ({ id, name: `web-${index + 1}`, host: `hv-0${index + 1}` })),
      onMoved: ({ id }) => {
        for (const { state } of machines) state.guests = state.guests.filter((guest) => guest !== id)
      },
    })
    const hosts = machines.map(({ host }) => host)

    const { report } = await runOn(hugepages, MIGRATE, hosts, { cloud: cloud.port, rollout: { batches: [2] } })

    expect(report.hosts.map(({ result, debts }) => [result, debts])).toEqual([
      ['changed', []],
      ['changed', []],
    ])
    expect([...cloud.services.values()].map(({ status }) => status)).toEqual(['enabled', 'enabled'])
    expect(cloud.changes.toSorted()).toEqual([
      'disable hv-01 (runbook test)',
      'disable hv-02 (runbook test)',
      'enable hv-01',
      'enable hv-02',
      'live-migrate web-1',
      'live-migrate web-2',
    ])
  })

  it('a second controller is refused by the host before it asks nova for anything', async () => {
    const site = drainedHost({ servers: [{ name: 'web' }] })
    const clock = fakeClock()
    const transport = fakeTransport({ hosts: [site.host], clock })
    const first = await transport.open({ name: site.host.name, connection: {} as never }, { deadline: '1s' })
    await first.guard.claim({
      run: 'other',
      journal: 'j2',
      controller: 'eve@laptop',
      atLeast: 0,
      random: 'r',
      lease: 1,
    })

    const { report } = await site.run({ ...SMALL, drain: 'migrate', cloud: 'prod' }, { transport, clock })

    expect(report.hosts[0]).toMatchObject({ result: 'blocked', code: 'E_LOCKED' })
    expect(site.cloud.changes).toEqual([])
  })
})
