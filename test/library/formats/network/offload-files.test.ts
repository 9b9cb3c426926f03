import { describe, expect, it } from 'vitest'
import { readFeatures } from '../../../../src/library/formats/network/features.ts'
import { carriersOf, readNics } from '../../../../src/library/formats/network/nics.ts'
import {
  beyondLink,
  changeableOf,
  escapeForUnit,
  linkFile,
  offloadUnit,
} from '../../../../src/library/formats/network/offload-files.ts'
import { fixture } from '../../fixture.ts'

const ALL_OFF = { tso: 'off', gso: 'off', gro: 'off', lro: 'off' } as const
const veth = readFeatures(`interface v0\n${fixture('ethtool-6.1-k.veth.debian-12').stdout}`).get('v0') ?? new Map()

const HOST = `ethtool /usr/sbin/ethtool
interface lo
address 00:00:00:00:00:00
interface eth0
address 52:54:00:00:00:01
driver ixgbe
bus 0000:03:00.0
permanent 52:54:00:00:00:01
path pci-0000:03:00.0
link /usr/lib/systemd/network/99-default.link
interface br0
address 52:54:00:00:00:01
driver bridge
bus N/A
permanent not set
below eth0
below vnet3
interface vnet3
tun
`

describe('the interfaces of a host', () => {
  const nics = readNics(HOST)

  it('are read with what they are', () => {
    expect(nics.ethtool).toBe('/usr/sbin/ethtool')
    expect([...nics.byName.values()].map(({ name, kind, permanentAddress }) => [name, kind, permanentAddress])).toEqual(
      [
        ['lo', 'loopback', null],
        ['eth0', 'other', '52:54:00:00:00:01'],
        ['br0', 'other', null],
        ['vnet3', 'guest', null],
      ],
    )
  })

  it('carry what those above them carry', () => {
    expect([...(carriersOf(nics, 'br0') ?? [])]).toEqual(['br0', 'eth0', 'vnet3'])
  })

  it('of Open vSwitch are those of all its bridges, for the kernel does not tell them apart', () => {
    const bridges =
      'interface br-ex\ndriver openvswitch\ninterface ovs-system\ndriver openvswitch\nbelow eth0\nbelow vnet3\n'
    const ovs = readNics(`${HOST}${bridges}`)

    expect([...(carriersOf(ovs, 'br-ex') ?? [])]).toEqual(['ovs-system', 'eth0', 'vnet3'])
  })

  it.each([
    ['a tunnel', 'interface vx0\ndriver vxlan\n', 'vx0'],
    ['a tap', '', 'vnet3'],
    ['one that is gone', '', 'eth7'],
    ['a bridge of Open vSwitch in another namespace', 'interface br-ex\ndriver openvswitch\n', 'br-ex'],
  ])('cannot be known of %s', (_what, more, name) => {
    expect(carriersOf(readNics(`${HOST}${more}`), name)).toBe(null)
  })
})

describe('a .link file', () => {
  it('matches one card and repeats the policies of the default, without which it would lose its name', () => {
    const eth0 = readNics(HOST).byName.get('eth0')

    const text = eth0 ? linkFile(eth0, ALL_OFF) : null

    // Read by udev 252 with test-builtin net_setup_link: every key was taken.
    expect(text).toBe(`[Match]
PermanentMACAddress=52:54:00:00:00:01

[Link]
NamePolicy=keep kernel database onboard slot path
MACAddressPolicy=persistent
GenericReceiveOffload=no
GenericSegmentationOffload=no
LargeReceiveOffload=no
TCPSegmentationOffload=no
TCP6SegmentationOffload=no
`)
  })

  it('cannot switch what has no key, nor the member of TSO that new kernels have beside those it reaches', () => {
    const older = new Map([...veth].filter(([name]) => name !== 'tx-tcp-accecn-segmentation'))

    expect(beyondLink(veth, { ...ALL_OFF, sg: 'off' })).toEqual(['sg', 'tso'])
    expect(beyondLink(older, ALL_OFF)).toEqual([])
  })
})

describe('a unit', () => {
  it('names only what can be switched', () => {
    const text = offloadUnit({ name: 'eth-0' }, { ethtool: '/sbin/ethtool', wish: changeableOf(veth, ALL_OFF) })

    expect(text).toContain('ExecStart=/sbin/ethtool -K eth-0 gro off gso off tso off\n')
    expect(text).toContain('BindsTo=sys-subsystem-net-devices-eth\\x2d0.device\n')
  })

  it.each([
    ['eth0', 'eth0'],
    ['bond0.100', 'bond0.100'],
    ['br-ex@x', 'br\\x2dex\\x40x'],
  ])('has %s in its name as systemd-escape writes it', (name, escaped) => {
    expect(escapeForUnit(name)).toBe(escaped)
  })
})
