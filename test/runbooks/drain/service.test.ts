import { describe, expect, it } from 'vitest'
import hugepages from '../../../runbooks/hugepages-1g.ts'
import { CommandFailed } from '../../../src/model/errors.ts'
import { memoryJournal, planOn, resumeOn, rollbackOn } from '../../../src/testing.ts'
import { SMALL } from '../facts-of-a-host.ts'
import { COMPUTE, drainedHost, MIGRATE, storyOf } from './drained-host.ts'

const EMPTY = { ...SMALL, cloud: 'prod' }
const others = { status: 'disabled', reason: 'bad disk' } as const

describe('the compute service of a host that restarts', () => {
  it('is disabled meanwhile also where guests are left to a person', async () => {
    const site = drainedHost()

    const { report } = await site.run(EMPTY)

    expect(site.cloud.changes).toEqual([`disable ${COMPUTE} (runbook test)`, `enable ${COMPUTE}`])
    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
  })

  it('is not touched where guests run that nobody wished away', async () => {
    const site = drainedHost({ servers: [{ name: 'web' }] })

    const { report } = await site.run(EMPTY)

    expect(report.hosts[0]).toMatchObject({ result: 'blocked', code: 'E_GUESTS_RUNNING' })
    expect(site.cloud.changes).toEqual([])
  })

  it('is disabled before guests are shut down, and enabled when they run again', async () => {
    const site = drainedHost({ servers: [{ name: 'web' }] })

    await site.run({ ...EMPTY, drain: 'stop-guests' })

    const { changes } = site.host.counters
    const at = (part: string) => changes.findIndex((change) => change.includes(part))
    const order = [at('disable the compute'), at('virsh shutdown'), at('virsh start'), at('enable the compute')]
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect([site.machine.state.guests.length, site.host.counters.boots, site.serviceNow()]).toEqual([1, 1, 'enabled'])
  })

  it('that others disabled stays so, and that is said before and after', async () => {
    const site = drainedHost({ service: others, servers: [{ name: 'web' }] })

    const [plan] = await planOn(hugepages, MIGRATE, [site.host], { cloud: site.cloud.port })
    const { report } = await site.run()

    const note = {
      code: 'W_STAYS_DISABLED',
      text: `the compute service of ${COMPUTE} was disabled by others (bad disk): this run leaves it so`,
    }
    expect(plan?.steps.flatMap(({ notes }) => notes)).toContainEqual(expect.objectContaining(note))
    expect(report.hosts[0]?.notes).toContainEqual(expect.objectContaining(note))
    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([site.cloud.changes, site.serviceNow()]).toEqual([['live-migrate web'], 'disabled: bad disk'])
  })

  it('that another run disabled stays so: resuming that one enables it', async () => {
    const site = drainedHost({ service: { status: 'disabled', reason: 'runbook 7f3k2' } })

    const { report } = await site.run()

    expect(report.hosts[0]?.notes.map(({ text }) => text)).toContain(
      `the compute service of ${COMPUTE} was disabled by run 7f3k2, which enables it when it is resumed: this run leaves it so`,
    )
    expect(site.serviceNow()).toBe('disabled: runbook 7f3k2')
  })

  it('that others disabled during the run stays so', async () => {
    const site = drainedHost()

    const { report } = await site.run(MIGRATE, {
      onEvent: (row) => {
        if (row.type === 'intent' && row.step === 'reboot-into') {
          site.cloud.services.set(COMPUTE, { host: COMPUTE, state: 'up', ...others })
        }
      },
    })

    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect(report.hosts[0]?.notes.map(({ code }) => code)).toContain('W_STAYS_DISABLED')
    expect(site.serviceNow()).toBe('disabled: bad disk')
  })

  it('that others enabled during the run is left so', async () => {
    const site = drainedHost()

    const { report } = await site.run(MIGRATE, {
      onEvent: (row) => {
        if (row.type === 'intent' && row.step === 'reboot-into') {
          site.cloud.services.set(COMPUTE, { host: COMPUTE, state: 'up', status: 'enabled', reason: null })
        }
      },
    })

    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect(site.cloud.changes).toEqual([`disable ${COMPUTE} (runbook test)`])
  })

  it('stays disabled when the host does not come back as it should, until a person rolls it back', async () => {
    const site = drainedHost({ servers: [{ name: 'web' }] })
    site.host.onReboot = 'ignores'
    const journal = memoryJournal()

    const failed = await site.run(MIGRATE, { journal })
    const then = site.serviceNow()
    const back = await rollbackOn(hugepages, [site.host], { journal, cloud: site.cloud.port })

    expect(failed.report.hosts[0]).toMatchObject({ code: 'E_REBOOT_NOT_STARTED', debts: ['compute-service-disabled'] })
    expect(then).toBe('disabled: runbook test')
    expect(back.report.hosts[0]).toMatchObject({ result: 'rolled-back', debts: [] })
    expect(site.serviceNow()).toBe('enabled')
  })

  it('that cannot be enabled leaves the debt, with the command that pays it; a resume pays it too', async () => {
    const site = drainedHost()
    const journal = memoryJournal()
    const refused = new CommandFailed('openstack compute service set: no (HTTP 500)', {
      code: 'E_CLOUD_FAILED',
      exitCode: 1,
      tail: '',
    })
    const port = site.cloud.port('prod')
    const failing = () => ({ ...port, enable: () => Promise.reject(refused) })

    const { report } = await site.run(MIGRATE, { journal, cloud: failing })
    const resumed = await resumeOn(hugepages, [site.host], { journal, cloud: site.cloud.port })

    const byHand = `openstack --os-cloud prod compute service set --enable ${COMPUTE} nova-compute`
    expect(report.hosts[0]).toMatchObject({
      result: 'failed',
      code: 'E_CLOUD_FAILED',
      remedy: `By hand: ${byHand}`,
      debts: ['compute-service-disabled'],
    })
    expect(resumed.report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect([site.host.counters.boots, site.serviceNow()]).toEqual([1, 'enabled'])
  })

  it.each(['disable', 'enable'] as const)('that nova does not %s although it says so is a failure', async (verb) => {
    const site = drainedHost()
    const port = site.cloud.port('prod')

    const { report } = await site.run(MIGRATE, { cloud: () => ({ ...port, [verb]: async () => {} }) })

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_COMPUTE_NOT_SET' })
  })

  it('is drained again by a rollback that reboots, and not by one that does not', async () => {
    const site = drainedHost()
    const journal = memoryJournal()
    await site.run(MIGRATE, { journal })
    const guest = { id: 'later', name: 'later', host: COMPUTE, status: 'ACTIVE', task: null, fault: null }
    site.cloud.servers.set('later', guest)
    site.machine.state.guests = ['later']
    site.host.counters.changes.length = 0

    const waiting = await rollbackOn(hugepages, [site.host], { journal, cloud: site.cloud.port })
    const moved = site.cloud.changes.filter((change) => change.includes('later'))
    const done = await rollbackOn(hugepages, [site.host], { journal, cloud: site.cloud.port, reboot: true })

    expect(waiting.report.hosts[0]).toMatchObject({ result: 'rolled-back', code: 'W_REBOOT_PENDING' })
    expect(moved).toEqual([])
    expect(done.report.hosts[0]).toMatchObject({ result: 'rolled-back', debts: [] })
    expect(storyOf(site.host.counters.changes).slice(-3)).toEqual([
      `disable the compute service ${COMPUTE}`,
      'live-migrate later',
      `enable the compute service ${COMPUTE}`,
    ])
    expect([site.host.counters.boots, site.serviceNow()]).toEqual([2, 'enabled'])
  })
})

describe('without a cloud', () => {
  it('the plan warns that nova may place guests, and nothing is asked of any cloud', async () => {
    const site = drainedHost()
    site.cloud.failure = new Error('a cloud was asked')
    site.host.units.set('nova-compute.service', 'invocation-0')

    const [plan] = await planOn(hugepages, SMALL, [site.host], { cloud: site.cloud.port })

    expect(plan?.state).toBe('ready')
    expect(plan?.steps.find(({ step }) => step === 'nova-is-left-alone')?.notes).toMatchObject([
      { code: 'E_NOVA_ENABLED', level: 'warning' },
    ])
  })

  it('guests cannot be moved, which is said before any host is asked', async () => {
    const result = await hugepages.params['~standard'].validate({ drain: 'migrate' })

    expect(result.issues).toMatchObject([
      { path: ['cloud'], message: 'drain=migrate needs the name of the cloud that the host is in' },
    ])
  })
})
