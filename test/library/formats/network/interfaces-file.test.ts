import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  beyondStanza,
  describesInterface,
  runsNoScripts,
  withOffloads,
} from '../../../../src/library/formats/network/interfaces-file.ts'

/** A hypervisor's file, with what interfaces(5) of ifupdown 0.8 allows. */
const FILE = `# This file describes the network interfaces available on your system
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
	address 192.0.2.9/24
	# offload-tso on
	offload-gro   on
	up ip route add 198.51.100.0/24 \\
		via 192.0.2.1

# the storage network
allow-hotplug eth1
iface eth1 inet manual
iface eth0 inet6 static
	offload-tso on
`

describe('a file of ifupdown', () => {
  it('has features changed where a stanza says them, and added to the first one where none does', () => {
    expect(withOffloads(FILE, 'eth0', { tso: 'off', gso: 'off', gro: 'off' })).toBe(
      FILE.replace('offload-gro   on', 'offload-gro   off')
        .replace('via 192.0.2.1\n', 'via 192.0.2.1\n\toffload-gso off\n')
        .replace('\toffload-tso on\n', '\toffload-tso off\n'),
    )
  })

  it('has them under a stanza that says nothing yet, also on a last line without an end', () => {
    expect([
      withOffloads(FILE, 'eth1', { 'rx-gro-hw': 'off' }),
      withOffloads('iface eth1 inet dhcp', 'eth1', { tso: 'off' }),
    ]).toEqual([
      FILE.replace('iface eth1 inet manual\n', 'iface eth1 inet manual\n    offload-rx-gro-hw off\n'),
      'iface eth1 inet dhcp\n    offload-tso off',
    ])
  })

  it('is left alone where it says everything, by whatever name, or tells nothing of the interface', () => {
    const said = 'iface eth0 inet dhcp\n  offload-tcp-segmentation-offload off\n'

    expect(withOffloads(said, 'eth0', { tso: 'off' })).toBe(said)
    expect(withOffloads(FILE, 'eth2', { tso: 'off' })).toBe(FILE)
  })

  it('keeps every other line, and has nothing to do twice', () => {
    const line = fc.constantFrom(
      'iface eth0 inet dhcp',
      '  iface eth0 inet6 auto',
      'iface eth1 inet manual',
      'auto eth0',
      '\toffload-tso on',
      '  offload-gso\toff',
      '# offload-tso on',
      '\tup a \\',
      '',
    )
    const others = (text: string) => text.split('\n').filter((shown) => !/^\s*offload-/.test(shown))

    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const before = `iface eth0 inet static\n${lines.join('\n')}`
        const after = withOffloads(before, 'eth0', { tso: 'off', gso: 'off' })

        expect(others(after)).toEqual(others(before))
        expect(withOffloads(after, 'eth0', { tso: 'off', gso: 'off' })).toBe(after)
        expect(after).toMatch(/offload-tso off/)
      }),
    )
  })

  it('tells of which interfaces it is', () => {
    expect(['eth0', 'eth1', 'eth', 'eth2'].map((name) => describesInterface(FILE, name))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it.each([
    ['no-scripts eth0\n', true],
    ['  no-scripts lo eth*\n', true],
    ['no-scripts eth1\n# no-scripts eth0\n', false],
  ])('says with %j whether no scripts are run for it', (text, none) => {
    expect(runsNoScripts(text, 'eth0')).toBe(none)
  })

  it('cannot name what the script of ethtool takes apart', () => {
    expect(beyondStanza({ tso: 'off', 'tx-udp_tnl-segmentation': 'off' })).toEqual(['tx-udp_tnl-segmentation'])
  })
})
