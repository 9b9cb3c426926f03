import { describe, expect, it } from 'vitest'
import neutronMtu from '../../../runbooks/neutron-mtu.ts'
import { planOn, runOn, textOf } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { keepsTheFourPromises } from '../four-promises.ts'
import { refusalOf } from '../refusal.ts'
import { AGENT_INI, AGENT_UNIT, type AgentOptions, DNSMASQ_CONF, fakeDhcpAgent, PACKAGED } from './fake-dhcp-agent.ts'
import { changedLines, restartsOf } from './fake-service.ts'

const refusal = (options: AgentOptions, params: object = {}) =>
  refusalOf(neutronMtu, params, () => fakeDhcpAgent(options))

async function planned(step: string, options: AgentOptions, params: object = {}) {
  const [plan] = await planOn(neutronMtu, params, [fakeDhcpAgent(options).host])
  return plan?.steps.find((one) => one.step === step)
}

const NAMED = `[DEFAULT]\ndnsmasq_config_file = ${DNSMASQ_CONF}\n`

const faults = async (params: object) =>
  (await neutronMtu.params['~standard'].validate(params)).issues?.map(({ message }) => message)

describe('neutron-mtu', () => {
  keepsTheFourPromises({
    runbook: neutronMtu,
    params: {},
    machine: fakeDhcpAgent,
    state: ({ state }) => state.servers.map(({ file }) => file),
  })

  it('replaces the MTU of the packaged file, names the file to the agent, and restarts it once', async () => {
    const { host, state } = fakeDhcpAgent()

    const { report } = await runOn(neutronMtu, {}, [host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(textOf(host, DNSMASQ_CONF)).toBe('dhcp-option-force=26,1400\n')
    expect(changedLines(PACKAGED[AGENT_INI], host, AGENT_INI)).toEqual([`+dnsmasq_config_file = ${DNSMASQ_CONF}`])
    expect([restartsOf(host, AGENT_UNIT), state.servers.map(({ file }) => file)]).toEqual([
      1,
      [DNSMASQ_CONF, DNSMASQ_CONF],
    ])
  })

  it('keeps lines with a tag, and says so', async () => {
    const files = { [DNSMASQ_CONF]: '# ours\ndhcp-option-force=tag:slow,26,1300\n' }
    const { host } = fakeDhcpAgent({ files })

    const step = await planned('mtu-given', { files })
    await runOn(neutronMtu, {}, [host])

    expect(textOf(host, DNSMASQ_CONF)).toBe(`${files[DNSMASQ_CONF]}dhcp-option-force=26,1400\n`)
    expect(step?.notes.map(({ code, text }) => `${code} ${text}`)).toEqual([
      `E_MTU_CONFLICT ${DNSMASQ_CONF} line 2 gives another MTU by tag, and stays`,
    ])
  })

  it('edits the file that the agent names already, and leaves the agent', async () => {
    const custom = '/etc/neutron/custom.conf'
    const ini = `[DEFAULT]\ndnsmasq_config_file = ${custom}\n`
    const { host } = fakeDhcpAgent({ files: { [AGENT_INI]: ini, [custom]: 'log-dhcp\n' } })

    await runOn(neutronMtu, {}, [host])

    expect([textOf(host, custom), textOf(host, AGENT_INI), textOf(host, DNSMASQ_CONF)]).toEqual([
      'log-dhcp\ndhcp-option-force=26,1400\n',
      ini,
      PACKAGED[DNSMASQ_CONF],
    ])
  })

  it('has the agent name the other file where that is wished', async () => {
    const files = { [AGENT_INI]: '[DEFAULT]\ndnsmasq_config_file = /etc/neutron/custom.conf\n' }
    const { host } = fakeDhcpAgent({ files })

    await runOn(neutronMtu, { repoint: true }, [host])

    expect(textOf(host, AGENT_INI)).toBe(`[DEFAULT]\ndnsmasq_config_file = ${DNSMASQ_CONF}\n`)
  })

  it('restarts only, where files are as wished and a DHCP server does not read them', async () => {
    const { host } = fakeDhcpAgent()
    await runOn(neutronMtu, {}, [host])
    const other = fakeDhcpAgent({
      files: { [AGENT_INI]: textOf(host, AGENT_INI) ?? '', [DNSMASQ_CONF]: textOf(host, DNSMASQ_CONF) ?? '' },
      forgets: ['net-b'],
    })

    const [plan] = await planOn(neutronMtu, {}, [other.host])

    expect(plan?.steps.filter(({ state }) => state === 'needed').map(({ text }) => text)).toEqual([
      `restart ${AGENT_UNIT}: 1 DHCP servers do not read ${DNSMASQ_CONF}: net-b`,
    ])
  })

  it('waits for an agent that takes its time with its networks', async () => {
    const { report } = await runOn(neutronMtu, {}, [fakeDhcpAgent({ slow: 20 }).host])

    expect(report.hosts[0]?.result).toBe('changed')
  })

  it.each([
    ['reads no file', { forgets: ['net-b'] }],
    ['read the file before and outlived the agent', { keeps: ['net-b'], files: { [AGENT_INI]: NAMED } }],
  ])('does not call it done while a DHCP server %s, and names its network', async (_title, options) => {
    const { report } = await runOn(neutronMtu, {}, [fakeDhcpAgent(options).host])

    expect(report.hosts[0]).toMatchObject({
      result: 'partial',
      code: 'E_DHCP_NOT_RESYNCED',
      text: `302s after the restart net-01 does not serve these networks anew from ${DNSMASQ_CONF}: net-b`,
    })
  })

  it('takes the agents of a group one at a time', async () => {
    const [first, second] = [fakeDhcpAgent({ name: 'net-01', forgets: ['net-a'] }), fakeDhcpAgent({ name: 'net-02' })]

    const { report } = await runOn(neutronMtu, {}, [first.host, second.host])

    expect([restartsOf(first.host, AGENT_UNIT), second.host.counters.changes, report.exitCode]).toEqual([1, [], 5])
  })

  it('warns of an MTU that is more than a network carries, and of agents that serve the same networks', async () => {
    const step = await planned('mtu-suits-networks', {}, { mtu: 1500 })

    expect(step?.notes.map(({ code, text }) => `${code} ${text}`)).toEqual([
      'W_MTU_LARGER 1500 is more than what fits net-a (1450), net-b (1450): large packets would be dropped',
      'W_HA several agents may serve a network: all hosts with an agent need the same MTU',
    ])
  })
})

describe('neutron-mtu refuses', () => {
  it.each([[70_000], [575], ['abc'], [1400.5]])('an MTU of %j, which dnsmasq itself would take', async (mtu) => {
    expect(await faults({ mtu })).toEqual(['E_MTU_RANGE: a whole number from 576 to 9216'])
    expect(fixture('dnsmasq-2.90-test.out-of-range.debian-12')).toMatchObject({ exitCode: 0 })
  })

  it('what is no work for a hypervisor, and says how it is done', async () => {
    expect((await faults({ method: 'global' }))?.[0]).toContain('set global_physnet_mtu and path_mtu on the servers')
  })

  it('less than IPv6 needs where a network has it', async () => {
    expect(await refusal({ networks: [{ id: 'net-v6', ipv6: true }] }, { mtu: 1200 })).toEqual([
      'E_MTU_IPV6',
      'IPv6 needs 1280 and is used by net-v6; wished are 1200',
    ])
  })

  it('a host under OVN, by its driver or for want of an agent', async () => {
    const files = { '/etc/neutron/plugins/ml2/ml2_conf.ini': '[ml2]\nmechanism_drivers = ovn, sriovnicswitch\n' }

    expect((await refusal({ files }))[0]).toBe('E_OVN')
    expect((await refusal({ unit: null, ovn: true }))[0]).toBe('E_OVN')
    expect((await refusal({ unit: null }))[0]).toBe('E_SERVICE_MISSING')
  })

  it('an agent that does not read its own file', async () => {
    expect(await refusal({}, { dhcpAgentIni: '/etc/neutron/other.ini' })).toEqual([
      'E_INI_MISSING',
      'the DHCP agent on net-01 does not read /etc/neutron/other.ini, or it is not there',
    ])
  })

  it('a file that dnsmasq would refuse', async () => {
    expect(await refusal({ test: fixture('dnsmasq-2.90-test.bad-option.debian-12') })).toEqual([
      'E_DNSMASQ_REFUSES',
      `dnsmasq refuses ${DNSMASQ_CONF}: dnsmasq: bad option at line 1 of stdin`,
    ])
  })

  it('a file that another tool writes', async () => {
    const files = { [DNSMASQ_CONF]: '# This file is managed by Puppet\ndhcp-option-force=26,1454\n' }

    expect((await refusal({ files }))[0]).toBe('E_CONFIG_MANAGED')
  })
})
