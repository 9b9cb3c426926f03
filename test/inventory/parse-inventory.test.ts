import { homedir, userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'

import { faultsOf, inventoryOf } from './inventory-text.ts'

describe('the text of an inventory', () => {
  it('is refused with both lines where a key stands twice, in every place', () => {
    const faults = faultsOf('hosts:\n  a: {}\n  b: {}\n  a: {}\nvars:\n  x: 1\n  y: { z: 1, z: 2 }\n  x: 2\n')

    expect(faults).toEqual([
      '4: the key "a" stands twice in the same place (lines 2 and 4)',
      '7: the key "z" stands twice in the same place (lines 7 and 7)',
      '8: the key "x" stands twice in the same place (lines 6 and 8)',
    ])
  })

  it('is refused quickly when aliases multiply without end', () => {
    const levels = 'bcdefghi'.split('').map((name, index) => {
      const before = 'abcdefgh'[index]
      return `  ${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]\n`
    })

    const faults = faultsOf(`hosts: { h: {} }\nvars:\n  a: &a [x, x, x, x, x, x, x, x, x]\n${levels.join('')}`)

    expect(faults).toEqual([expect.stringMatching(/^\d+: aliases add more than 10000 values$/)])
  })

  it.each([
    [
      'an alias that holds itself',
      'hosts: { h: {} }\nvars: { a: &a [*a] }\n',
      /aliases add more than|nested deeper than/,
    ],
    [
      'depth without end',
      `hosts: { h: {} }\nvars: { a: ${'['.repeat(60)}${']'.repeat(60)} }\n`,
      /nested deeper than 50 levels/,
    ],
    ['a merge key', 'hosts: { h: {} }\nvars: { a: &a { b: 1 }, c: { <<: *a } }\n', /merge keys/],
    ['a tag', 'hosts: { h: {} }\nvars: { a: !vault x }\n', /Unresolved tag: !vault/],
    ['a key that is no text', 'hosts: { h: {} }\nvars: { [a]: 1 }\n', /a key must be a text/],
    ['a number that cannot be kept', 'hosts: { h: {} }\nvars: { a: 12345678901234567890 }\n', /quote it/],
    ['tabs as indentation', 'hosts:\n\ta: {}\n', /2: Tabs are not allowed as indentation/],
    ['an open bracket', 'hosts: { a: {}\n', /Flow map/],
    ['two documents', 'hosts: { a: {} }\n---\nhosts: { b: {} }\n', /multiple documents/],
    ['a NUL byte', 'hosts:\n  a\0: {}\n', /2: there is a NUL byte/],
    ['nothing', '', /the inventory has no hosts/],
    ['a list', '- a\n- b\n', /an inventory must be a map; it is a list/],
    ['no hosts', 'groups: {}\n', /1: the inventory has no hosts/],
  ])('is refused with %s', (_what, yaml, message) => {
    const faults = faultsOf(yaml)

    expect(faults.join('\n')).toMatch(message)
  })

  it('is refused from the first byte that is not UTF-8', () => {
    const faults = faultsOf(Buffer.concat([Buffer.from('hosts:\n  ä: {}\n  '), Buffer.from([0xe4, 0x3a, 0x0a])]))

    expect(faults).toEqual(['3: the file is not UTF-8 from here on. Save it as UTF-8'])
  })

  it('means the same with a byte-order mark and with line ends of another system', () => {
    const inventory = inventoryOf('\ufeffhosts:\r\n  a: { vars: { x: "y" } }\r\n')

    expect(inventory.hosts.get('a')?.vars).toEqual({ x: 'y' })
  })

  it('has values by YAML 1.2', () => {
    const yaml =
      'hosts: { h: {} }\nvars: { a: no, b: off, c: 0123, d: 1e3, e: 12:30, f: ~, g: 0o17, h: yes, i: True }\n'

    const vars = inventoryOf(yaml).hosts.get('h')?.vars

    expect(vars).toEqual({ a: 'no', b: 'off', c: 123, d: 1000, e: '12:30', f: null, g: 15, h: 'yes', i: true })
  })

  it('gives values exactly as they are written', () => {
    const value = '"\'\\ \n%s $(x) 🦉 ' + 'x'.repeat(100_000)

    const inventory = inventoryOf(`hosts: { h: {} }\nvars: { v: ${JSON.stringify(value)} }\n`)

    expect(inventory.hosts.get('h')?.vars).toEqual({ v: value })
  })

  it('resolves an alias like the value it names', () => {
    const inventory = inventoryOf('hosts: { h: {} }\nvars: { a: &a { b: [1] }, c: *a }\n')

    expect(inventory.hosts.get('h')?.vars).toEqual({ a: { b: [1] }, c: { b: [1] } })
  })
})

describe('what an inventory says', () => {
  it('is read with all its faults at once', () => {
    const yaml = [
      'host: {}',
      'hosts:',
      '  a: { adress: x, port: 70000 }',
      '  b-[3-1]: {}',
      '  c-[1-2]: { address: x }',
      'groups:',
      '  all: {}',
      '  g: { hosts: [aa, c-1], childern: [] }',
      'connection: { hostKeys: lax, becom: sudo, address: x }',
      'overrides: { E_X: , whatever: because }',
      'requireReason: CHG-[',
    ]

    const faults = faultsOf(yaml.join('\n'))

    expect(faults).toEqual([
      '1: unknown key "host". Known here: hosts, groups, connection, vars, overrides, requireReason. Did you mean "hosts"?',
      '3: unknown key "adress". Known here: address, port, connection, vars, overrides. Did you mean "address"?',
      '3: port must be a number from 1 to 65535; it is the number 70000',
      '4: "b-[3-1]" is no range such as hv-[01-40] of up to 100000 hosts',
      '5: c-[1-2] are several hosts: they cannot have one address',
      '7: the group all is every host: write its settings at the top of the inventory',
      '8: unknown key "childern". Known here: hosts, children, connection, vars, overrides. Did you mean "children"?',
      '8: group g: host aa is not in this inventory. Did you mean "a"?',
      '9: an address belongs to one host: write it there',
      '9: unknown key "becom". Known here: address, port, user, identity, knownHosts, hostKeys, hostKeyAlias, identityAgent, identitiesOnly, via, sshConfig, transport, become, sudoPassword. Did you mean "become"?',
      '9: hostKeys must be strict, accept-new, { pinned: "SHA256:..." }, or { rekey: { from: "SHA256:...", to or until: ... } }; it is the text "lax"',
      '10: the override of E_X needs a reason as text: it stands in every report',
      '10: "whatever" is no code such as E_CONTAINER_KERNEL',
      `11: requireReason must be true, false or a pattern such as 'CHG-[0-9]+'; it is the text "CHG-["`,
    ])
  })

  it.each([
    '-oProxyCommand=x',
    'a b',
    "a'b",
    'a\nb',
    '$(id)',
    'a;b',
    '../x',
    'hv-аbc',
    'a:22',
    '~x',
    '',
    '.hidden',
    '&a',
  ])('cannot name a host %j', (name) => {
    const faults = faultsOf(`hosts:\n  ${JSON.stringify(name)}: {}\n`)

    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(`${JSON.stringify(name)} cannot be the name of a host`)
  })

  it.each(['-oProxyCommand=x', 'a b', '$(id)', "'", '', 'a/b'])('cannot give a host the address %j', (address) => {
    const faults = faultsOf(`hosts:\n  a: { address: ${JSON.stringify(address)} }\n`)

    expect(faults).toEqual([
      `2: address must be a host name or an IP address; it is the text ${JSON.stringify(address)}`,
    ])
  })

  it.each(['-l root', 'a b', '$(id)', ''])('cannot give a connection the user %j', (user) => {
    const faults = faultsOf(`hosts: { a: {} }\nconnection: { user: ${JSON.stringify(user)} }\n`)

    expect(faults).toHaveLength(1)
  })

  it('never repeats what stands where a reference to a password is wanted', () => {
    const faults = faultsOf('hosts: { a: {} }\nconnection: { sudoPassword: hunter2 }\n')

    expect(faults).toEqual([
      '2: sudoPassword must be a reference such as env:NAME, file:/path or command:pass show NAME, never the password itself',
    ])
  })

  it('describes each host once', () => {
    const faults = faultsOf('hosts:\n  hv-[01-03]: {}\n  hv-02: { vars: { x: 1 } }\n')

    expect(faults).toEqual(['3: host hv-02 is described twice (lines 2 and 3)'])
  })

  it('has no name for both a host and a group', () => {
    const faults = faultsOf('hosts: { a: {} }\ngroups:\n  a: {}\n')

    expect(faults).toEqual(['3: a is both a host and a group: give one of them another name'])
  })

  it('names the circle that groups form', () => {
    const faults = faultsOf(
      'hosts: { h: {} }\ngroups:\n  a: { children: [b] }\n  b: { children: [c] }\n  c: { children: [b] }\n',
    )

    expect(faults).toEqual(['4: groups form a circle: b > c > b'])
  })

  it('gives a bare host its defaults', () => {
    const { username } = userInfo()

    const inventory = inventoryOf('hosts:\n  a:\n')

    expect(inventory.hosts.get('a')).toEqual({
      name: 'a',
      groups: [],
      connection: {
        address: 'a',
        port: 22,
        user: username,
        identityFiles: [],
        knownHosts: [`${homedir()}/.ssh/known_hosts`, '/etc/ssh/ssh_known_hosts'],
        hostKeys: { kind: 'strict' },
        become: username === 'root' ? 'none' : 'sudo',
      },
      said: {},
      vars: {},
      origins: {},
      unresolved: {},
      obstacles: [],
      overrides: {},
    })
  })

  it('begins paths at the home or at its own folder', () => {
    const inventory = inventoryOf('hosts: { a: {} }\nconnection: { identity: [~/k, k, /k], knownHosts: ../known }\n')

    expect(inventory.hosts.get('a')?.connection).toMatchObject({
      identityFiles: [`${homedir()}/k`, '/project/inventory/k', '/k'],
      knownHosts: ['/project/known'],
    })
  })
})
