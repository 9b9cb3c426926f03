import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dhcpServers, dnsmasqFault } from '../../../../src/library/facts/openstack/dhcp.ts'
import { givenMtu, readMtuLines, withMtu } from '../../../../src/library/formats/openstack/dnsmasq-mtu.ts'
import { openNetworks } from '../../../../src/library/steps/openstack/dhcp/dhcp-renewed.ts'
import { fixture } from '../../fixture.ts'
import { askShell } from '../../shell-with.ts'

describe('the MTU in a file for dnsmasq', () => {
  it.each([
    ['dhcp-option-force=26,1454\n', '1454'],
    ['dhcp-option = option:mtu,1300 # why\n', '1300'],
    ['dhcp-option-force=26,1454\ndhcp-option-force=26,1400\n', '1400'],
    ['dhcp-option-force=tag:x,26,1400\n', null],
    ['dhcp-option-force=net:x,tag:y,option:mtu,1400\n', null],
    ['dhcp-option-force=vi-encap:9,26,1400\n', null],
    ['#dhcp-option-force=26,1454\n', null],
    ['dhcp-option=6,26,1400\n', null],
    ['dhcp-option-force=26,abc\n', 'abc'],
    ['', null],
  ])('of %j is %s', (text, mtu) => {
    expect(givenMtu(text)).toBe(mtu)
  })

  it('is given once, in the place of the last line that gave one', () => {
    const before =
      'log-dhcp\ndhcp-option=26,1454\n\tdhcp-option-force=tag:x,26,1300\n dhcp-option-force=26,1450 # mine\nx'

    expect(withMtu(before, 1400)).toBe(
      'log-dhcp\n\tdhcp-option-force=tag:x,26,1300\n dhcp-option-force=26,1400 # mine\nx',
    )
  })

  it('is added at the end where none is given', () => {
    expect([withMtu('', 1400), withMtu('log-dhcp', 1400)]).toEqual([
      'dhcp-option-force=26,1400\n',
      'log-dhcp\ndhcp-option-force=26,1400\n',
    ])
  })

  it('leaves every other line, whatever the file holds', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'dhcp-option=26,9',
        'dhcp-option-force=option:mtu,8 # x',
        '#dhcp-option=26,7',
        'dhcp-option=tag:a,26,6',
        '',
      ),
      fc.string().map((text) => text.replace(/[\r\n]/g, '')),
    )
    const others = (text: string) => {
      const own = new Set(
        readMtuLines(text)
          .filter(({ tagged }) => !tagged)
          .map(({ line: number }) => number),
      )
      return text.split('\n').filter((shown, index) => !own.has(index + 1) && shown !== '')
    }

    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 576, max: 9216 }), (lines, mtu) => {
        const before = lines.join('\n')
        const after = withMtu(before, mtu)

        expect([givenMtu(after), others(after), withMtu(after, mtu)]).toEqual([String(mtu), others(before), after])
        expect(readMtuLines(after).filter(({ tagged }) => !tagged)).toHaveLength(1)
      }),
    )
  })
})

describe('the DHCP servers of the agent', () => {
  const servers = dhcpServers.read(fixture('dhcp-servers-dnsmasq-2.90.three.debian-12'))

  it('are those with a network in their pid file: that of libvirt is none', () => {
    expect(servers).toEqual([
      {
        network: '0a1b2c3d-1111-4222-8333-444455556666',
        process: '812.4711',
        configFile: '/etc/neutron/dnsmasq-neutron.conf',
        mtu: 1450,
        ipv6: false,
      },
      {
        network: '0a1b2c3d-2222-4222-8333-444455556666',
        process: '813.4712',
        configFile: '/dev/null',
        mtu: 9000,
        ipv6: true,
      },
    ])
  })

  it('are asked of the running processes', () => {
    const [only] = askShell(dhcpServers, { pgrep: `echo ${process.pid}; echo 999999999` })

    // The process of this test is no DHCP server; the question itself must not fail.
    expect(only).toBeUndefined()
  })

  it('are renewed once each network has a new process that reads the file', () => {
    const before = servers.map(({ network, process: one }) => ({ network, process: one }))
    const [first, second] = servers
    const file = '/etc/neutron/dnsmasq-neutron.conf'
    const renewed = servers.map((server) => ({ ...server, configFile: file, process: `new ${server.process}` }))

    expect([
      openNetworks(servers, file, before),
      openNetworks(renewed, file, before),
      openNetworks(renewed.slice(1), file, before),
      openNetworks([], file, []),
    ]).toEqual([[first?.network, second?.network], [], [first?.network], []])
  })
})

describe('what dnsmasq says of a file', () => {
  it('is asked of dnsmasq itself', () => {
    const dnsmasq = 'grep -q forc= && { echo "dnsmasq: bad option at line 1 of stdin" >&2; exit 1; }; exit 0'

    expect([
      askShell(dnsmasqFault('dhcp-option-force=26,1400\n'), { dnsmasq }),
      askShell(dnsmasqFault('dhcp-option-forc=26,1400\n'), { dnsmasq }),
    ]).toEqual([null, 'dnsmasq: bad option at line 1 of stdin'])
  })
})
