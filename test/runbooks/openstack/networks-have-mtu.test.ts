import { describe, expect, it } from 'vitest'
import neutronMtu from '../../../runbooks/neutron-mtu.ts'
import { type FakeCloud, fakeCloud, fakeHost, memoryJournal, planOn, rollbackOn, runOn } from '../../../src/testing.ts'

const [WEB, DB] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
const NETWORKS = { method: 'network', cloud: 'prod', networks: [WEB, DB] }

const someNetworks = (ipv6 = false) =>
  fakeCloud({
    networks: [
      { id: WEB, name: 'web' },
      { id: DB, name: 'db', mtu: 1400, ipv6 },
    ],
  })

const mtusOf = ({ networks }: FakeCloud) => [...networks.values()].map(({ mtu }) => mtu)

describe('neutron-mtu of networks themselves', () => {
  it('has neutron give it, once for all hosts, and leaves the hosts alone', async () => {
    const cloud = someNetworks()
    const hosts = ['net-01', 'net-02'].map((name) => fakeHost({ name }))

    const { report } = await runOn(neutronMtu, NETWORKS, hosts, { cloud: cloud.port })

    expect(report.hosts.map(({ result }) => result)).toEqual(['changed', 'satisfied'])
    expect(cloud.changes).toEqual(['set-mtu web 1400'])
    expect(hosts.flatMap(({ files }) => [...files.keys()])).toEqual([])
  })

  it('puts it back, but for what somebody has set since', async () => {
    const cloud = someNetworks()
    const [host, journal] = [fakeHost({}), memoryJournal()]
    await runOn(neutronMtu, { ...NETWORKS, mtu: 1300 }, [host], { cloud: cloud.port, journal })
    await cloud.port('').setNetworkMtu(DB, 1350)

    await rollbackOn(neutronMtu, [host], { cloud: cloud.port, journal })

    expect(mtusOf(cloud)).toEqual([1450, 1350])
  })

  it('says what neutron refuses, in its words', async () => {
    const { report } = await runOn(neutronMtu, { ...NETWORKS, mtu: 9000 }, [fakeHost({})], {
      cloud: someNetworks().port,
    })

    expect(report.hosts[0]).toMatchObject({
      code: 'E_CLOUD_REFUSED',
      text: expect.stringContaining('Requested MTU is too big, maximum is 1450'),
    })
  })

  it('refuses less than IPv6 needs where a network has it', async () => {
    const [plan] = await planOn(neutronMtu, { ...NETWORKS, mtu: 1200 }, [fakeHost({})], {
      cloud: someNetworks(true).port,
    })

    expect([plan?.code, plan?.text]).toEqual([
      'E_MTU_IPV6',
      `IPv6 needs 1280 and is used by db (${DB}); wished are 1200`,
    ])
  })

  it.each([
    [
      'no networks',
      { method: 'network', cloud: 'prod' },
      'method=network needs networks, and the cloud that they are in',
    ],
    [
      'no cloud',
      { method: 'network', networks: [WEB] },
      'method=network needs networks, and the cloud that they are in',
    ],
    ['no id', { method: 'network', cloud: 'prod', networks: ['web'] }, expect.stringMatching(/GUID|UUID/i)],
  ])('refuses %s before anything is asked', async (_what, params, fault) => {
    const result = await neutronMtu.params['~standard'].validate(params)

    expect(result.issues?.map(({ message }) => message)).toEqual([fault])
  })
})
