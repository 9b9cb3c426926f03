import { homedir } from 'node:os'
import { describe, expect, it } from 'vitest'

import { faultsOf, inventoryOf } from './inventory-text.ts'

const said = (connection: string) =>
  inventoryOf(`hosts: { a: {} }\nconnection: ${connection}\n`).hosts.get('a')?.said ?? {}
const OLD = `SHA256:${'o'.repeat(43)}`
const NEW = `SHA256:${'n'.repeat(43)}`

describe('what an inventory says of a connection', () => {
  it.each([
    ['one hop', '{ via: bastion }', { via: ['bastion'] }],
    [
      'hops in the order from here',
      "{ via: ['ops@192.0.2.1:2200', inner, '[2001:db8::1]:22'] }",
      { via: ['ops@192.0.2.1:2200', 'inner', '[2001:db8::1]:22'] },
    ],
    ['that there is no hop', '{ via: none }', { via: [] }],
    ['that ssh_config is not asked', '{ sshConfig: none }', { sshConfig: 'none' }],
    ['another ssh_config, beside the inventory', '{ sshConfig: ./cfg }', { sshConfig: '/project/inventory/cfg' }],
    ['who speaks with the host', '{ transport: openssh }', { transport: 'openssh' }],
    ['the socket of an agent', '{ identityAgent: ~/a.sock }', { identityAgent: `${homedir()}/a.sock` }],
    [
      'the key that takes the place of another',
      `{ hostKeys: { rekey: { from: '${OLD}', to: '${NEW}' } } }`,
      { hostKeys: { kind: 'rekey', from: OLD, to: NEW } },
    ],
    [
      'until when a new key is expected',
      `{ hostKeys: { rekey: { from: '${OLD}', until: 2026-12-01 } } }`,
      { hostKeys: { kind: 'rekey', from: OLD, until: '2026-12-01' } },
    ],
  ])('names %s', (_what, connection, parts) => {
    expect(said(connection)).toEqual(parts)
  })

  it.each([
    ['a transport that does not exist', '{ transport: paramiko }', 'transport must be ssh2, openssh, local or auto'],
    ['a hop that would be an option', "{ via: '-oProxyCommand=x' }", 'via must be a host of the inventory'],
    ['a hop with a piece of shell', "{ via: 'a;id' }", 'via must be a host of the inventory'],
    ['nine hops', '{ via: [a, b, c, d, e, f, g, h, i] }', 'via must be a host of the inventory'],
    ['a new key without the old one', `{ hostKeys: { rekey: { to: '${NEW}' } } }`, 'hostKeys must be'],
    ['a new key for ever', `{ hostKeys: { rekey: { from: '${OLD}' } } }`, 'hostKeys must be'],
    [
      'both a new key and a day',
      `{ hostKeys: { rekey: { from: '${OLD}', to: '${NEW}', until: 2026-12-01 } } }`,
      'hostKeys must be',
    ],
    ['a day that is none', `{ hostKeys: { rekey: { from: '${OLD}', until: soon } } }`, 'hostKeys must be'],
    ['a socket that is a list', '{ identityAgent: [a] }', 'identityAgent must be'],
  ])('is refused with %s', (_what, connection, fault) => {
    const faults = faultsOf(`hosts: { a: {} }\nconnection: ${connection}\n`)

    expect(faults).toEqual([expect.stringContaining(fault)])
  })
})
