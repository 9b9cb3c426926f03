import { describe, expect, it } from 'vitest'
import nicOffloads from '../../../runbooks/nic-offloads.ts'
import { HostUnreachable } from '../../../src/model/errors.ts'
import { memoryJournal, planOn, rollbackOn, runOn, textOf } from '../../../src/testing.ts'
import { keepsTheFourPromises } from '../four-promises.ts'
import { activeOf, card, type FakeCards, fakeCards, type NicsOptions } from './fake-nics.ts'

const ETH0 = { interfaces: ['eth0'] }
const LINK = '/etc/systemd/network/10-runbook-eth0.link'
const UNIT = 'runbook-offloads-eth0.service'

const switches = ({ host }: FakeCards) => host.counters.changes.filter((change) => change.includes('ethtool -K'))

async function planned(options: NicsOptions, params: object = ETH0) {
  const [plan] = await planOn(nicOffloads, params, [fakeCards(options).host])
  const step = (id: string) => plan?.steps.find((one) => one.step === id)
  return {
    plan,
    set: step('offloads-set'),
    onTheLine: step('offloads-set-on-the-line'),
    kept: step('offloads-persistent'),
  }
}

/** What a plan refuses, by a code that `explain` knows. */
async function refusal(options: NicsOptions, params: object = ETH0) {
  const { host } = fakeCards(options)
  const [plan] = await planOn(nicOffloads, params, [host])
  expect([plan?.state, nicOffloads.guards[plan?.code ?? '']]).toEqual(['blocked', expect.anything()])
  return [plan?.code, plan?.text]
}

describe('nic-offloads', () => {
  keepsTheFourPromises({ runbook: nicOffloads, params: ETH0, machine: fakeCards, state: activeOf })

  describe('on the line to the host', () => {
    keepsTheFourPromises({
      runbook: nicOffloads,
      params: { ...ETH0, persist: 'systemd-unit' },
      machine: () => fakeCards({ line: 'eth0' }),
      state: activeOf,
    })
  })

  it('switches the four off and leaves alone what is fixed', async () => {
    const cards = fakeCards()

    const { report } = await runOn(nicOffloads, ETH0, [cards.host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(activeOf(cards)).toEqual(['eth0 rx-checksumming', 'eth0 tx-checksum-ip-generic', 'eth0 tx-scatter-gather'])
    expect(switches(cards)).toEqual([`r=0; ethtool -K 'eth0' 'gro' 'off' 'gso' 'off' 'tso' 'off' || r=1; exit "$r"`])
  })

  it('warns that fast cards may become slower', async () => {
    const { set } = await planned({})

    expect(set?.notes.map(({ code }) => code)).toEqual(['W_OFFLOAD_2026'])
  })

  it('warns of a card that goes on merging packets by itself', async () => {
    const cards = fakeCards({ nics: { eth0: card({ 'rx-gro-hw': { requested: true } }) } })

    const { report } = await runOn(nicOffloads, ETH0, [cards.host])

    expect(report.hosts[0]?.notes.map(({ code }) => code)).toContain('W_HARDWARE_GRO')
  })

  it('writes a .link file that keeps the name of the card, or a drop-in where one is there already', async () => {
    const plain = fakeCards()
    const named = { ...card(), lines: [...card().lines.slice(0, -1), 'link /etc/systemd/network/20-storage.link'] }
    const taken = fakeCards({ nics: { eth0: named } })

    await Promise.all([runOn(nicOffloads, ETH0, [plain.host]), runOn(nicOffloads, ETH0, [taken.host])])

    expect(textOf(plain.host, LINK)).toMatch(
      /^# managed by runbook: nic-offloads .*\n\[Match\]\nPermanentMACAddress=52:54:00:12:34:56\n/,
    )
    expect(textOf(plain.host, LINK)).toContain(
      'NamePolicy=keep kernel database onboard slot path\nMACAddressPolicy=persistent\n',
    )
    expect([
      textOf(taken.host, LINK),
      textOf(taken.host, '/etc/systemd/network/20-storage.link.d/runbook.conf'),
    ]).toEqual([null, expect.stringMatching(/^#.*\n\[Link\]\nGenericReceiveOffload=no\n/)])
  })

  it.each([
    ['an old systemd', { systemd: 239 }],
    ['a card that cannot be told from others', { nics: { eth0: { ...card(), lines: ['address 52:54:00:12:34:56'] } } }],
    [
      'a kernel with a member of TSO that .link does not reach',
      { nics: { eth0: card({ 'tx-tcp-accecn-segmentation': { requested: true } }) } },
    ],
  ])('enables a unit instead with %s', async (_what, options) => {
    const cards = fakeCards(options)

    await runOn(nicOffloads, ETH0, [cards.host])

    expect([...cards.enabled]).toEqual([UNIT])
    expect(textOf(cards.host, `/etc/systemd/system/${UNIT}`)).toContain(
      'ExecStart=/usr/sbin/ethtool -K eth0 gro off gso off tso off\n',
    )
  })

  it('writes only what is missing where the features are in force already', async () => {
    const cards = fakeCards()
    await runOn(nicOffloads, { ...ETH0, persist: 'none' }, [cards.host])

    const { kept, set } = await (async () => {
      const [plan] = await planOn(nicOffloads, ETH0, [cards.host])
      const step = (id: string) => plan?.steps.find((one) => one.step === id)
      return { kept: step('offloads-persistent'), set: step('offloads-set') }
    })()
    const { report } = await runOn(nicOffloads, ETH0, [cards.host], { run: 'second' })

    expect([set?.state, kept?.state, kept?.notes.map(({ code }) => code)]).toEqual(['satisfied', 'needed', ['I_DRIFT']])
    expect([report.hosts[0]?.result, switches(cards).length]).toEqual(['changed', 1])
  })

  it('puts the members of a mixed group back as they were', async () => {
    const mixed = card({ 'tx-tcp-ecn-segmentation': { requested: false } })
    const cards = fakeCards({ nics: { eth0: mixed } })
    const before = activeOf(cards)
    const journal = memoryJournal()
    await runOn(nicOffloads, ETH0, [cards.host], { journal })

    await rollbackOn(nicOffloads, [cards.host], { journal })

    expect([activeOf(cards), mixed.features['tx-tcp-ecn-segmentation']?.requested]).toEqual([before, false])
    expect(textOf(cards.host, LINK)).toBe(null)
  })

  it('says that the kernel took a wish and does not do it', async () => {
    const cards = fakeCards({
      nics: {
        eth0: card({ 'tx-checksum-ip-generic': { requested: false }, 'tx-tcp6-segmentation': { requested: false } }),
      },
    })

    const { report } = await runOn(nicOffloads, { ...ETH0, features: { tso: 'on' } }, [cards.host])

    expect(report.hosts[0]).toMatchObject({ code: 'E_OFFLOAD_PARTIAL', result: expect.not.stringContaining('changed') })
  })

  it('switches the slaves of a bond before it, and all that a pattern picks', async () => {
    const nics = {
      eth1: card(),
      bond0: { ...card(), lines: ['bond', 'below eth1'] },
      vnet0: { ...card(), lines: ['tun'] },
      lo: card(),
    }
    const bond = fakeCards({ nics })

    await runOn(nicOffloads, { interfaces: ['bond0'], persist: 'none' }, [bond.host])
    const { set } = await planned(
      { nics: { ...nics, eth1: card() }, line: 'lo' },
      { interfaces: { glob: '*' }, persist: 'none' },
    )

    expect(switches(bond)[0]).toMatch(/ethtool -K 'eth1' .* ethtool -K 'bond0' /)
    expect(set?.text).toBe('switch eth1 gro off gso off tso off')
  })

  it('warns where a driver fixes a feature otherwise, and switches the rest', async () => {
    const { set } = await planned({}, { ...ETH0, features: { lro: 'on', gro: 'off' } })

    expect(set).toMatchObject({ state: 'needed', text: 'switch eth0 gro off' })
    expect(set?.notes[0]).toMatchObject({
      code: 'W_FEATURE_FIXED',
      text: 'lro of eth0 (driver ixgbe) is [fixed] off; cannot be changed',
    })
  })
})

describe('nic-offloads on the line to the host', () => {
  it('arms a switch, proves itself over a new line, and disarms it', async () => {
    const cards = fakeCards({ line: 'eth0' })

    const { report } = await runOn(nicOffloads, ETH0, [cards.host])

    expect([report.hosts[0]?.result, cards.host.switch?.state]).toEqual(['changed', 'disarmed'])
    expect(cards.host.switch?.revert).toContain(`'tx-tcp-segmentation' 'on'`)
    expect(switches(cards).length).toBe(1)
  })

  it('finds the card below the bridge that carries it, and takes no other for it', async () => {
    const nics = { eth0: card(), eth1: card(), br0: { ...card(), lines: ['below eth0'] } }

    const { set, onTheLine } = await planned({ nics, line: 'br0' }, { interfaces: ['eth0', 'eth1'] })

    expect([set?.text, onTheLine?.text]).toEqual([
      'switch eth1 gro off gso off tso off',
      'switch eth0 gro off gso off tso off',
    ])
    expect(onTheLine?.notes[0]?.code).toBe('W_MGMT')
  })

  it('finds the card behind a bridge of Open vSwitch', async () => {
    const ovs = { ...card(), lines: ['driver openvswitch'] }
    const nics = {
      eth0: card(),
      eth1: card(),
      'br-ex': ovs,
      'ovs-system': { ...ovs, lines: [...ovs.lines, 'below eth0'] },
    }

    const { set, onTheLine } = await planned({ nics, line: 'br-ex' }, { interfaces: ['eth0', 'eth1'] })

    expect([set?.text, onTheLine?.text]).toEqual([
      'switch eth1 gro off gso off tso off',
      'switch eth0 gro off gso off tso off',
    ])
  })

  it.each([
    ['the connection does not tell it', { line: null }],
    ['it goes through a tunnel', { line: 'vx0', nics: { eth0: card(), vx0: { ...card(), lines: ['driver vxlan'] } } }],
  ])('takes every interface for it where %s', async (_why, options) => {
    const { set, onTheLine } = await planned(options)

    expect([set?.state, onTheLine?.state]).toEqual(['satisfied', 'needed'])
    expect(onTheLine?.notes[0]?.text).toContain('eth0 may carry the connection to the host')
  })

  it('that it cuts off leaves the host as it was, by the host itself', async () => {
    const unreachable = new HostUnreachable('hv-01: no answer', { stage: 'dial', retry: true, code: 'E_DIAL_TIMEOUT' })
    const cards = fakeCards({
      line: 'eth0',
      onSwitch: (host) => {
        host.unreachable = host.unreachable ? null : unreachable
      },
    })
    const before = activeOf(cards)

    const { report } = await runOn(nicOffloads, ETH0, [cards.host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_REVERTED' })
    expect([activeOf(cards), textOf(cards.host, LINK), cards.host.owner?.state]).toEqual([before, null, 'released'])
  })

  it('is refused where that is not allowed', async () => {
    expect(await refusal({ line: 'eth0' }, { ...ETH0, allowMgmt: false })).toEqual([
      'E_MGMT',
      'hv-01 is managed over an interface that is among them: switch eth0 gro off gso off tso off',
    ])
    expect((await planned({}, { ...ETH0, allowMgmt: false })).plan?.state).toBe('ready')
  })
})

describe('nic-offloads refuses', () => {
  it('an interface that is not there, with those that are', async () => {
    expect(await refusal({}, { interfaces: ['eth9'], persist: 'none' })).toEqual([
      'E_IF_MISSING',
      'hv-01 has no interface eth9; it has eth0, mgmt0',
    ])
    expect((await refusal({}, { interfaces: { driver: 'mlx5_core' } }))[0]).toBe('E_IF_MISSING')
  })

  it('a feature that is not there, before ethtool is called', async () => {
    expect(await refusal({}, { ...ETH0, features: { ufo: 'off' }, persist: 'none' })).toEqual([
      'E_FEATURE_UNKNOWN',
      'eth0 on hv-01 knows no ufo',
    ])
  })

  it('a fixed feature where it is told to be strict', async () => {
    expect(await refusal({}, { ...ETH0, features: { lro: 'on' }, strictFixed: true, persist: 'none' })).toEqual([
      'E_FEATURE_FIXED',
      'lro of eth0 (driver ixgbe) is [fixed] off; cannot be changed',
    ])
  })

  it.each([
    ['the loopback', { lo: card() }, 'lo', 'E_IF_VIRTUAL'],
    ['a tap of a guest', { vnet0: { ...card(), lines: ['tun'] } }, 'vnet0', 'E_IF_VIRTUAL'],
    ['a port of Open vSwitch', { 'br-int': { ...card(), lines: ['driver openvswitch'] } }, 'br-int', 'E_IF_VIRTUAL'],
    ['a virtual function', { eth4: { ...card(), lines: ['function'] } }, 'eth4', 'E_SRIOV'],
  ])('%s', async (_what, nics, name, code) => {
    expect((await refusal({ nics }, { interfaces: [name] }))[0]).toBe(code)
  })

  it('a .link file that cannot do it, and a file that is not its own', async () => {
    expect((await refusal({ systemd: 239 }, { ...ETH0, persist: 'link' }))[0]).toBe('E_PERSIST_UNKNOWN')
    expect((await refusal({ files: { [LINK]: '[Match]\n' } }))[0]).toBe('E_FILE_NOT_OURS')
  })

  it('a host without ethtool', async () => {
    expect((await refusal({ ethtool: null }))[0]).toBe('E_ETHTOOL_MISSING')
  })

  it.each(['eth0; reboot', '..', 'a-name-that-is-too-long', '-K'.repeat(9)])(
    'the name %s before any host is asked',
    async (name) => {
      const result = await nicOffloads.params['~standard'].validate({ interfaces: [name] })

      expect(result.issues?.length).toBeGreaterThan(0)
    },
  )
})
