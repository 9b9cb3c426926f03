import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recorded } from '../../../src/model/event.ts'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { beyondRecord, differences, takeSnapshot } from '../../../src/rehearsal/verdict/snapshot.ts'
import { cleanUp, laptop, oneLine } from '../command-line.ts'

const INI = '/etc/neutron/dhcp_agent.ini'
const PACKAGED = '/etc/neutron/dnsmasq-neutron.conf'
const CUSTOM = '/etc/neutron/custom.conf'
const [VXLAN, SLOW] = ['0a1b2c3d-1111-4222-8333-444455556666', '0a1b2c3d-2222-4222-8333-444455556666']
const NETWORKS = [{ id: VXLAN }, { id: SLOW }]
/** A file of the operator's own, in which the guest of the second network gets another MTU by tag. */
const CUSTOM_TEXT = `log-dhcp
dhcp-mac=set:slow,fa:16:3e:00:00:02
dhcp-option-force=tag:slow,26,1300
dhcp-option-force=26,1454
`

const DROP_IN = '/etc/systemd/system/neutron-dhcp-agent.service.d'
const KEEPS_PROCESSES = `mkdir ${DROP_IN}; printf '[Service]\nKillMode=process\n' >${DROP_IN}/kill.conf; systemctl daemon-reload`

let set: ContainerSet
let stock: ContainerHost
let custom: ContainerHost

beforeAll(async () => {
  set = await upHosts({
    count: 2,
    model: () => ({ dhcpNetworks: NETWORKS }),
    say: () => {},
    mayInstall: async () => true,
  })
  const [first, second] = set.hosts
  if (!first || !second) throw new TypeError('two hosts were asked for')
  stock = first
  custom = second
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

/** As Debian's packages leave it, but for a few lines. The tests go on from one to the next, as an operator would. */
describe('neutron-mtu on hosts with the packaged files of neutron 21.0.0 and a real dnsmasq', () => {
  it('finds guests with the MTU of neutron, or with the 1454 of the packaged file once the agent names it', async () => {
    const asFound = await mtuOf(stock, VXLAN)
    await nameFile(stock, PACKAGED)
    const named = await mtuOf(stock, VXLAN)
    await stock.inside(`sed -i '/^dnsmasq_config_file/d' ${INI} && systemctl restart neutron-dhcp-agent`)

    expect([asFound, named]).toEqual(['1450', '1454'])
  })

  it('gives them 1400, one agent after the other, and keeps what others wrote into the file', async () => {
    await custom.inside(`cat >${CUSTOM}`, CUSTOM_TEXT)
    // As RDO's unit: a DHCP server outlives the agent, until the next one ends it.
    await custom.inside(KEEPS_PROCESSES)
    await nameFile(custom, CUSTOM)
    const [before, { type }] = [await textOf(custom, INI), await laptop()]

    const ended = await type(...run(), '--json')

    expect(ended.exitCode).toBe(0)
    expect(await Promise.all([mtuOf(stock, VXLAN), mtuOf(stock, SLOW)])).toEqual(['1400', '1400'])
    expect(await textOf(stock, PACKAGED)).toBe('dhcp-option-force=26,1400\n')
    // The second network's guest matches the tag.
    expect(await Promise.all([mtuOf(custom, VXLAN), mtuOf(custom, SLOW)])).toEqual(['1400', '1300'])
    expect(await textOf(custom, CUSTOM)).toBe(CUSTOM_TEXT.replace('1454', '1400'))
    expect(await textOf(custom, INI)).toBe(before)
    expect(turns(ended.rows)).toEqual([
      `${stock.name} restarts its agent`,
      `${stock.name} is released`,
      `${custom.name} restarts its agent`,
      `${custom.name} is released`,
    ])
  })

  it('has nothing to do a second time, and restarts nothing', async () => {
    const [before, { type }] = [await startsOf(stock), await laptop()]

    const again = await type(...run(), '--json')

    expect([again.exitCode, again.report?.hosts.map(({ result }) => result)]).toEqual([0, ['satisfied', 'satisfied']])
    expect(await startsOf(stock)).toBe(before)
  })

  describe.concurrent('further on', () => {
    it('puts files back and has the agent give out what they say', async () => {
      const [files, { type }] = [await takeSnapshot(stock), await laptop()]
      const there = await type(...run(stock), '-e', 'mtu=1380')
      const given = await mtuOf(stock, VXLAN)

      const back = await type('rollback', there.run, '--yes')

      expect([there.exitCode, back.exitCode, given]).toEqual([0, 0, '1380'])
      expect(await mtuOf(stock, VXLAN)).toBe('1400')
      // Guests have asked meanwhile.
      const left = beyondRecord(differences(files, await takeSnapshot(stock))).map(({ path }) => path)
      expect(left.filter((path) => !path.endsWith('/leases'))).toEqual([])
    })

    it('does not call it done where a DHCP server goes on without the file, and names its network', async () => {
      await custom.change({ dhcpNetworks: [{ id: VXLAN }, { id: SLOW, unheeded: true }] })
      const { type } = await laptop()

      const ended = await type(...run(custom), '-e', 'mtu=1380', '-e', 'resyncSeconds=5')

      expect(ended.exitCode).toBe(3)
      expect(oneLine(ended.stdout)).toContain(
        `partial ${custom.name} at dhcp-renewed: E_DHCP_NOT_RESYNCED: 7s after the restart ${custom.name} does not serve these networks anew from ${CUSTOM}: ${SLOW}`,
      )
    })
  })

  it('leaves a host alone whose driver is OVN, as its packaged ml2_conf.ini then says', async () => {
    await stock.inside("sed -i 's/^mechanism_drivers.*/mechanism_drivers = ovn/' /etc/neutron/plugins/ml2/ml2_conf.ini")
    const { type } = await laptop()

    const ended = await type('plan', 'neutron-mtu', '-i', set.inventory, '-l', stock.name)

    expect(oneLine(ended.stdout)).toContain(`E_OVN: ${stock.name} uses OVN (mechanism_drivers in`)
  })
})

const run = (host?: ContainerHost): readonly string[] => [
  ...['run', 'neutron-mtu', '-i', set.inventory, '--yes'],
  ...(host ? ['-l', host.name] : []),
]

/** What the guest of a network is given by the agent's dnsmasq when it asks. */
async function mtuOf(host: ContainerHost, network: string): Promise<string> {
  return (await host.inside(`/usr/lib/testhost/bin/guest-mtu ${network}`)).stdout.trim()
}

/** Has the agent name a file to its DHCP servers, as an operator did before us. */
async function nameFile(host: ContainerHost, path: string): Promise<void> {
  await host.inside(
    `sed -i 's,^#dnsmasq_config_file =,&\\ndnsmasq_config_file = ${path},' ${INI} && systemctl restart neutron-dhcp-agent`,
  )
}

const textOf = async (host: ContainerHost, path: string) => (await host.inside(`cat ${path}`)).stdout
const startsOf = async (host: ContainerHost) => (await host.counted('dhcp-agent')).length

/** When agents were restarted, and when their hosts were let go. */
const turns = (rows: readonly Recorded[]): readonly string[] =>
  rows.flatMap((row) => {
    if (row.type === 'intent' && row.step === 'dhcp-renewed') return [`${row.host} restarts its agent`]
    return row.type === 'release' ? [`${row.host} is released`] : []
  })
