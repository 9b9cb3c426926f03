import { describe, expect, it } from 'vitest'
import nicOffloads from '../../../runbooks/nic-offloads.ts'
import { memoryJournal, planOn, rollbackOn, runOn, textOf } from '../../../src/testing.ts'
import { keepsTheFourPromises } from '../four-promises.ts'
import { activeOf, card, fakeCards, type NicsOptions } from './fake-nics.ts'

const ETH0 = { interfaces: ['eth0'] }
const LINK = '/etc/systemd/network/10-runbook-eth0.link'
const UNIT = 'runbook-offloads-eth0.service'
const UNIT_FILE = `/etc/systemd/system/${UNIT}`
const INTERFACES = '/etc/network/interfaces'
const IFCFG = '/etc/sysconfig/network-scripts/ifcfg-eth0'
const FILES = { [INTERFACES]: 'auto eth0\niface eth0 inet dhcp\n', [IFCFG]: 'DEVICE=eth0\nONBOOT=yes\n' }

/** A host on which everything could do it. */
const every = (): NicsOptions => ({ profiles: { eth0: {} }, ifupdown: [INTERFACES], initscripts: true, files: FILES })

async function kept(options: NicsOptions, params: object = {}) {
  const [plan] = await planOn(nicOffloads, { ...ETH0, ...params }, [fakeCards(options).host])
  return plan?.steps.find(({ step }) => step === 'offloads-persistent')?.text ?? plan?.text
}

const { profiles: _profiles, ...withoutProfiles } = every()
const { ifupdown: _ifupdown, ...withoutIfupdown } = withoutProfiles

describe('nic-offloads keeps features', () => {
  it.each<[string, NicsOptions, string]>([
    [
      'the profile of NetworkManager',
      every(),
      'set ethtool.feature-gro off ethtool.feature-gso off ethtool.feature-lro off ethtool.feature-tso off in the profile of eth0',
    ],
    ['the stanza of ifupdown', withoutProfiles, `edit ${INTERFACES}`],
    ['the file of initscripts', withoutIfupdown, `edit ${IFCFG}`],
    ['a .link file', { files: FILES }, 'write /etc/systemd/network/10-runbook-eth0.link'],
    [
      'a unit',
      { files: FILES, systemd: 239 },
      'write /etc/systemd/system/runbook-offloads-eth0.service; enable runbook-offloads-eth0.service',
    ],
  ])('in %s, where nothing that comes before it manages the interface', async (_what, options, change) => {
    expect(await kept(options)).toBe(change)
  })

  it.each([
    ['networkmanager', 'hv-01: NetworkManager keeps no profile of eth0'],
    ['ifupdown', 'hv-01: ifupdown is not told of eth0'],
    ['ifcfg', 'hv-01: initscripts have no file for eth0, or do not run'],
  ])('in %s only where that manages the interface', async (persist, because) => {
    expect(await kept({}, { persist })).toBe(because)
  })

  it('elsewhere where NetworkManager does not reach all members of TSO, or a stanza cannot name a feature', async () => {
    const nics = {
      eth0: card({ 'tx-tcp-accecn-segmentation': { requested: true }, 'tx-udp_tnl-a': { requested: true } }),
    }

    expect(await kept({ ...every(), nics })).toBe(`edit ${INTERFACES}`)
    expect(await kept({ ...every(), nics }, { features: { tso: 'off', 'tx-udp_tnl-a': 'off' } })).toBe(`edit ${IFCFG}`)
  })

  describe('in a profile', () => {
    keepsTheFourPromises({
      runbook: nicOffloads,
      params: ETH0,
      machine: () => {
        const profiles = { eth0: { 'ethtool.feature-tso': 'on' } }
        return { ...fakeCards({ profiles }), profiles }
      },
      state: ({ profiles, ...cards }) => [...activeOf(cards), profiles],
    })
  })

  describe('in files of the operator', () => {
    keepsTheFourPromises({
      runbook: nicOffloads,
      params: { interfaces: ['eth0', 'eth1'] },
      machine: () =>
        fakeCards({
          nics: { eth0: card(), eth1: card() },
          ifupdown: [INTERFACES],
          files: { [INTERFACES]: `${FILES[INTERFACES]}iface eth1 inet manual\n` },
        }),
      state: activeOf,
    })
  })

  it('of two interfaces in one file, and names what can be switched alone', async () => {
    const text = `${FILES[INTERFACES]}\niface eth1 inet manual\n\toffload-gro on\n`
    const nics = { eth0: card(), eth1: card() }
    const { host } = fakeCards({ nics, ifupdown: [INTERFACES], files: { [INTERFACES]: text } })
    const journal = memoryJournal()

    await runOn(nicOffloads, { interfaces: ['eth0', 'eth1'] }, [host], { journal })
    const written = textOf(host, INTERFACES)
    await rollbackOn(nicOffloads, [host], { journal })

    expect(written).toBe(
      'auto eth0\niface eth0 inet dhcp\n    offload-gro off\n    offload-gso off\n    offload-tso off\n\n' +
        'iface eth1 inet manual\n\toffload-gro off\n\toffload-gso off\n\toffload-tso off\n',
    )
    expect(textOf(host, INTERFACES)).toBe(text)
  })

  it('in no file that another tool writes', async () => {
    const files = { [INTERFACES]: `# This file is managed by Puppet\n${FILES[INTERFACES]}` }
    const [plan] = await planOn(nicOffloads, ETH0, [fakeCards({ ifupdown: [INTERFACES], files }).host])

    expect([plan?.code, plan?.text]).toEqual([
      'E_CONFIG_MANAGED',
      `${INTERFACES} is managed by Puppet; changes will be reverted by it`,
    ])
  })
})

describe('nic-offloads keeps features in one place', () => {
  const keptByUnit = async () => {
    const cards = fakeCards()
    await runOn(nicOffloads, { ...ETH0, persist: 'systemd-unit' }, [cards.host], { run: 'unit' })
    return cards
  }

  it.each(['link', 'none'])(
    'alone: persist=%s takes the unit of an earlier run away, and a rollback brings it back',
    async (persist) => {
      const cards = await keptByUnit()
      const unit = textOf(cards.host, UNIT_FILE)
      const journal = memoryJournal()

      await runOn(nicOffloads, { ...ETH0, persist, features: { tso: 'on' } }, [cards.host], { journal })
      const after = [textOf(cards.host, UNIT_FILE), textOf(cards.host, LINK) !== null, [...cards.enabled]]
      await rollbackOn(nicOffloads, [cards.host], { journal })

      expect(after).toEqual([null, persist === 'link', []])
      expect([textOf(cards.host, UNIT_FILE), textOf(cards.host, LINK), [...cards.enabled]]).toEqual([
        unit,
        null,
        [UNIT],
      ])
    },
  )

  it('and leaves a file of the same name alone that is not its own', async () => {
    const { host } = fakeCards({ files: { [UNIT_FILE]: '[Unit]\n' } })

    await runOn(nicOffloads, ETH0, [host])

    expect(textOf(host, UNIT_FILE)).toBe('[Unit]\n')
  })

  describe('whatever kills it', () => {
    keepsTheFourPromises({
      runbook: nicOffloads,
      params: ETH0,
      machine: () => {
        const cards = fakeCards({
          files: { [UNIT_FILE]: '# managed by runbook: nic-offloads — changes are overwritten\n' },
        })
        cards.enabled.add(UNIT)
        return cards
      },
      state: activeOf,
    })
  })
})
