import { describe, expect, it } from 'vitest'
import hugepages from '../../../runbooks/hugepages-1g.ts'
import { CommandFailed } from '../../../src/model/errors.ts'
import { memoryJournal, planOn, resumeOn } from '../../../src/testing.ts'
import { drainedHost, MIGRATE, storyOf } from './drained-host.ts'

const WEB = { name: 'web' }
const DB = { name: 'db' }

describe('a host with guests', () => {
  it('is emptied between the disabling of its service and the reboot, and enabled when all is ready', async () => {
    const site = drainedHost({ servers: [WEB, DB, { name: 'old', status: 'SHUTOFF' }] })

    const { report } = await site.run()

    expect(storyOf(site.host.counters.changes)).toEqual([
      'disable the compute service hv-01.example',
      'live-migrate server 1',
      'live-migrate server 2',
      'enable the compute service hv-01.example',
    ])
    expect(site.host.counters.changes.at(-1)).toContain('enable the compute service')
    expect(site.cloud.changes[0]).toBe('disable hv-01.example (runbook test)')
    expect([...site.cloud.servers.values()].map(({ name, host }) => [name, host])).toEqual([
      ['web', 'elsewhere'],
      ['db', 'elsewhere'],
      ['old', 'hv-01.example'],
    ])
    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([site.host.counters.boots, site.serviceNow()]).toEqual([1, 'enabled'])
  })

  it('is told in the plan what will happen, and nothing happens', async () => {
    const site = drainedHost({ servers: [WEB, DB, { name: 'old', status: 'SHUTOFF' }] })

    const [plan] = await planOn(hugepages, MIGRATE, [site.host], { cloud: site.cloud.port })

    expect(plan?.state, plan?.text).toBe('ready')
    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code, text }) => `${code}: ${text}`))).toEqual([
      'I_DRAIN: the compute service of hv-01.example is enabled; it is disabled meanwhile, in the name of the run',
      'I_DRAIN: 2 guests to move alive to other hosts: web, db; the host stops there if that fails',
      'I_DRAIN: 1 guest off, not moved: old',
    ])
    expect([site.cloud.changes, site.host.counters.changes]).toEqual([[], []])
  })

  it('is shown progress, and the report keeps who left', async () => {
    const site = drainedHost({ servers: [WEB] })

    const { rows } = await site.run()

    expect(site.glimpses).toEqual([
      'the compute service of hv-01.example is disabled',
      'still here: web (ACTIVE)',
      'web: live migration is asked for',
      'still here: web (migrating)',
      'still here: web (known elsewhere)',
      'no guest runs',
    ])
    const entered = rows.find(
      (row) => row.type === 'outcome' && row.step === 'guests-moved-away' && row.act === 'enter',
    )
    expect(entered).toMatchObject({ result: { notes: [{ code: 'I_MOVED', text: 'moved away: web' }] } })
  })

  it('is left alone by a second run, and nova is not even asked', async () => {
    const site = drainedHost({ servers: [WEB] })
    await site.run()
    site.cloud.failure = new Error('nova was asked')

    const { report } = await site.run()

    expect(report.hosts[0]?.result).toBe('satisfied')
  })

  it('is refused before anything is touched where a guest cannot leave', async () => {
    const cases = [
      drainedHost({ servers: [WEB, { name: 'broken', status: 'ERROR' }] }),
      drainedHost({ servers: [WEB], service: { state: 'down' } }),
      drainedHost(),
      drainedHost(),
    ] as const
    cases[2].machine.state.guests = ['6695eb01-f6a4-8304-79aa-97f2502e193f']
    cases[3].cloud.services.delete('hv-01.example')

    const reports = await Promise.all(cases.map((site) => site.run()))

    expect(reports.map(({ report: { hosts } }) => [hosts[0]?.result, hosts[0]?.code, hosts[0]?.text])).toEqual([
      ['blocked', 'E_GUESTS_STAY', 'nova moves no guest in such a state: broken is ERROR'],
      ['blocked', 'E_COMPUTE_DOWN', expect.stringContaining('nova-compute of hv-01.example does not answer nova')],
      ['blocked', 'E_GUESTS_FOREIGN', expect.stringContaining('6695eb01-f6a4-8304-79aa-97f2502e193f')],
      [
        'blocked',
        'E_COMPUTE_UNKNOWN',
        'nova of the cloud prod has no compute service on hv-01 or hv-01.example; it has hv-02',
      ],
    ])
    expect(cases.map(({ host, cloud }) => [host.counters.changes, cloud.changes])).toEqual(cases.map(() => [[], []]))
  })

  it('goes by the name that the inventory gives it', async () => {
    const site = drainedHost()

    await site.run({ ...MIGRATE, computeHost: 'hv-02' })

    expect(site.cloud.changes).toEqual(['disable hv-02 (runbook test)', 'enable hv-02'])
  })
})

describe('a guest that stays', () => {
  it.each([
    [
      'because nova refuses it',
      'refused',
      'web (00000000-0000-4000-8000-000000000001) stays: openstack: No valid host was found. (HTTP 409)',
    ],
    [
      'because its migration was given up',
      'comes-back',
      'web (00000000-0000-4000-8000-000000000001) stays: its live migration ended and it is still here, ACTIVE',
    ],
    [
      'because it broke, with its fault',
      'breaks',
      'web (00000000-0000-4000-8000-000000000001) stays: it is ERROR, in which nova moves no server: Live Migration failure: operation failed',
    ],
  ] as const)('%s, keeps the host from its reboot and its service disabled', async (_, live, text) => {
    const site = drainedHost({ servers: [{ ...WEB, live }] })

    const { report } = await site.run()

    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      step: 'guests-moved-away',
      code: 'E_GUESTS_STAY',
      text: `guests-moved-away could not be entered: ${text}`,
      debts: ['compute-service-disabled'],
      owned: 'the unpaid leaving of compute-service-disabled',
      dues: {
        'compute-service-disabled':
          'the compute service of hv-01.example is disabled; by hand: openstack --os-cloud prod compute service set --enable hv-01.example nova-compute',
      },
    })
    expect(report.exitCode).toBe(3)
    expect([site.host.counters.boots, site.serviceNow()]).toEqual([0, 'disabled: runbook test'])
  })

  it('is named when time is up, and a resume goes on once it is gone', async () => {
    const site = drainedHost({ servers: [{ ...WEB, live: 'hangs' }] })
    const journal = memoryJournal()

    const { report } = await site.run({ ...MIGRATE, drainTimeout: '10m' }, { journal })
    site.machine.state.guests = []
    site.cloud.servers.clear()
    const resumed = await resumeOn(hugepages, [site.host], { journal, cloud: site.cloud.port })

    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_DRAIN_TIMED_OUT',
      text: 'guests-moved-away could not be entered: guests are still here after 10m: web (migrating)',
    })
    expect(resumed.report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect(site.serviceNow()).toBe('enabled')
  })

  it('is moved powered off where that is allowed, and its move is confirmed before the reboot', async () => {
    const site = drainedHost({ servers: [{ ...WEB, live: 'refused' }, DB] })

    const { report } = await site.run({ ...MIGRATE, coldMigration: true })

    expect(site.cloud.changes).toEqual([
      'disable hv-01.example (runbook test)',
      'live-migrate db',
      'migrate web',
      'confirm web',
      'enable hv-01.example',
    ])
    expect(report.hosts[0]?.result).toBe('changed')
    expect([...site.cloud.servers.values()].map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE'])
  })

  it('is moved and confirmed also if it was started only meanwhile', async () => {
    const site = drainedHost({ servers: [WEB, { name: 'late', status: 'SHUTOFF', live: 'refused' }] })
    const start = (line: string) => {
      const late = [...site.cloud.servers.values()].find(({ name }) => name === 'late')
      if (line !== 'web: live migration is asked for' || !late) return
      site.cloud.servers.set(late.id, { ...late, status: 'ACTIVE' })
      site.machine.state.guests = [...site.machine.state.guests, late.id]
    }

    await site.run({ ...MIGRATE, coldMigration: true }, { onGlimpse: (_host, _step, line) => start(line) })

    expect(site.cloud.changes.slice(1, -1)).toEqual(['live-migrate web', 'migrate late', 'confirm late'])
  })

  it('is waited for no longer when its user stops it or gives it up', async () => {
    const site = drainedHost({ servers: [{ ...WEB, live: 'hangs' }, DB] })
    const stop = (line: string) => {
      if (line !== 'still here: web (migrating)') return
      for (const server of site.cloud.servers.values()) {
        site.cloud.servers.set(server.id, { ...server, status: 'SHUTOFF', task: null })
      }
      site.cloud.servers.delete('00000000-0000-4000-8000-000000000002')
      site.machine.state.guests = []
    }

    const { report } = await site.run(
      { ...MIGRATE, coldMigration: true },
      { onGlimpse: (_host, _step, line) => stop(line) },
    )

    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
  })

  it('that arrived since the host was emptied is met by the gate of the reboot', async () => {
    const site = drainedHost({ servers: [WEB] })

    const { report } = await site.run(MIGRATE, {
      onEvent: (row) => {
        const emptied = row.type === 'outcome' && row.step === 'guests-moved-away' && row.act === 'enter'
        if (emptied) site.machine.state.guests = ['6695eb01-f6a4-8304-79aa-97f2502e193f']
      },
    })

    expect(report.hosts[0]).toMatchObject({ result: 'partial', code: 'E_GUESTS_RUNNING' })
    expect(site.host.counters.boots).toBe(0)
  })
})

describe('a cloud that is away', () => {
  const away = new CommandFailed('openstack server list: Service Unavailable (HTTP 503)', {
    code: 'E_CLOUD_FAILED',
    exitCode: 1,
    tail: '',
  })

  it('blocks a host before anything is touched', async () => {
    const site = drainedHost({ servers: [WEB] })
    site.cloud.failure = away

    const { report } = await site.run()

    expect(report.hosts[0]).toMatchObject({ result: 'blocked', code: 'E_CLOUD_FAILED' })
    expect(site.host.counters.changes).toEqual([])
  })

  it.each([
    [4, 'changed'],
    [5, 'failed'],
  ] as const)('in %i looks in a row while guests move leaves the host %s', async (looks, result) => {
    const site = drainedHost({ servers: [WEB] })
    let failures = 0
    const port = site.cloud.port('prod')
    const cloud = () => ({
      ...port,
      async servers(host: string) {
        if (site.cloud.changes.includes('live-migrate web') && failures < looks) {
          failures += 1
          throw away
        }
        return port.servers(host)
      },
    })

    const { report } = await site.run(MIGRATE, { cloud })

    expect(report.hosts[0]?.result).toBe(result)
    expect(site.glimpses).toContain('openstack server list: Service Unavailable (HTTP 503); asking again')
  })
})
