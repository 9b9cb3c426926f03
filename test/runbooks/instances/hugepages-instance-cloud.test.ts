import { describe, expect, it } from 'vitest'
import hugepagesInstance from '../../../runbooks/hugepages-instance.ts'
import { hostNames } from '../../../src/library/facts/openstack/host-names.ts'
import { type FakeServer, fakeCloud, planOn, runOn } from '../../../src/testing.ts'
import { when } from '../fake-questions.ts'
import { guest } from './fake-guest.ts'
import { FakeGuests, type GuestsOptions } from './fake-guests.ts'

const NOVA = `<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'><nova:name>db</nova:name></nova:instance></metadata>`
const PARAMS = { instances: ['a'], cloud: 'prod' }

function site(options: GuestsOptions = {}, server: Partial<FakeServer> = {}) {
  const one = new FakeGuests({
    guests: [guest('a', { more: NOVA })],
    questions: [when(hostNames, 'hv-01\n')],
    ...options,
  })
  const id = one.guests[0]?.uuid ?? ''
  const cloud = fakeCloud({ services: [{ host: 'hv-01' }], servers: [{ name: 'db', host: 'hv-01', id, ...server }] })
  const run = () => runOn(hugepagesInstance, PARAMS, [one.host], { cloud: cloud.port })
  return { one, cloud, run }
}

describe('hugepages-instance on a host of a cloud', () => {
  it('has nova place nothing there meanwhile, around all that is done to the guest', async () => {
    const { one, cloud, run } = site()

    const { report } = await run()

    expect(report.hosts[0]).toMatchObject({ result: 'changed', debts: [] })
    expect(cloud.changes).toEqual(['disable hv-01 (runbook test)', 'enable hv-01'])
    const order = one.host.counters.changes.map(
      (change) => /(dis|en)able the compute|systemctl (stop|start)/.exec(change)?.[0],
    )
    expect(order.filter((act) => act !== undefined)).toEqual([
      'disable the compute',
      'systemctl stop',
      'systemctl start',
      'enable the compute',
    ])
  })

  it('has the service enabled again when the guest does not start', async () => {
    const { cloud, run } = site({ startFails: true })

    const { report } = await run()

    expect([report.hosts[0]?.result, cloud.services.get('hv-01')?.status]).toEqual(['rolled-back', 'enabled'])
  })

  it('leaves alone a guest that nova is busy with', async () => {
    const { one, cloud } = site({}, { task: 'migrating' })

    const [plan] = await planOn(hugepagesInstance, PARAMS, [one.host], { cloud: cloud.port })

    expect([plan?.code, plan?.text]).toEqual(['E_NOVA_TASK', 'nova is busy with db on hv-01: migrating'])
    expect(hugepagesInstance.guards.E_NOVA_TASK).toBeDefined()
  })
})
