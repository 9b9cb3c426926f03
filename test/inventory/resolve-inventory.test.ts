import { describe, expect, it } from 'vitest'

import { faultsOf, inventoryOf } from './inventory-text.ts'

const layered = `
hosts:
  h: { port: 2222, vars: { host: h } }
  i: {}
groups:
  parent: { children: [child], vars: { parent: p, child: p, host: p }, connection: { user: p, become: none } }
  child: { hosts: [h], vars: { child: c, host: c }, connection: { user: c }, overrides: { E_A: child } }
vars: { top: t, parent: t, child: t, host: t }
connection: { user: t, port: 22, become: sudo }
overrides: { E_A: top, W_B: top }
`

describe('a host of an inventory', () => {
  it('gets each value from the nearest who says it, and knows who that was', () => {
    const host = inventoryOf(layered).hosts.get('h')

    expect(host?.vars).toEqual({ top: 't', parent: 'p', child: 'c', host: 'h' })
    expect(host?.origins).toEqual({ top: 'all hosts', parent: 'group parent', child: 'group child', host: 'host h' })
    expect(host?.connection).toMatchObject({ user: 'c', port: 2222, become: 'none' })
    expect(host?.overrides).toEqual({ E_A: 'child', W_B: 'top' })
    expect(host?.groups).toEqual(['child', 'parent'])
  })

  it('in no group gets what is said at the top', () => {
    const host = inventoryOf(layered).hosts.get('i')

    expect(host).toMatchObject({ groups: [], vars: { top: 't', host: 't' }, overrides: { E_A: 'top', W_B: 'top' } })
  })

  it('counts for its group and for every group above it', () => {
    const { groups } = inventoryOf(layered)

    expect(Object.fromEntries(groups)).toEqual({ all: ['h', 'i'], child: ['h'], parent: ['h'] })
  })

  it('is nearer to a group than to one far above it', () => {
    const groups = 'a: { children: [b], vars: { x: 1 } }, b: { children: [c] }, c: { hosts: [h], vars: { x: 3 } }'

    const inventory = inventoryOf(`hosts: { h: {} }\ngroups: { ${groups} }\n`)

    expect(inventory.hosts.get('h')).toMatchObject({ groups: ['c', 'b', 'a'], vars: { x: 3 } })
  })

  it('has a value as a whole from one place, never mixed', () => {
    const inventory = inventoryOf('hosts: { h: { vars: { m: { a: 1 } } } }\nvars: { m: { b: 2 } }\n')

    expect(inventory.hosts.get('h')?.vars).toEqual({ m: { a: 1 } })
  })
})

describe('two groups of which neither is nearer', () => {
  const two = (a: string, b: string, host = '{}') =>
    `hosts: { h: ${host}, i: {} }\ngroups:\n  a: { hosts: [h, i], ${a} }\n  b: { hosts: [h, i], ${b} }\n`

  it('may not say different things, which is reported once', () => {
    const faults = faultsOf(two('vars: { x: 1 }', 'vars: { x: 2 }'))

    expect(faults).toEqual([
      '4: host h: x is 1 by group a (line 3) and 2 by group b (line 4), and neither is nearer. Say it at the host or in one of them.',
    ])
  })

  it('may not reach a host differently', () => {
    const faults = faultsOf(two('connection: { user: x }', 'connection: { user: y }'))

    expect(faults).toEqual([expect.stringContaining('user is "x" by group a (line 3) and "y" by group b (line 4)')])
  })

  it('may say the same', () => {
    const inventory = inventoryOf(two('vars: { x: { y: 1, z: 2 } }', 'vars: { x: { z: 2, y: 1 } }'))

    expect(inventory.hosts.get('h')?.vars).toEqual({ x: { y: 1, z: 2 } })
  })

  it('may say different things where the host decides', () => {
    const faults = faultsOf(two('vars: { x: 1 }', 'vars: { x: 2 }', '{ vars: { x: 3 } }'))

    expect(faults).toEqual([expect.stringContaining('host i: x is 1 by group a')])
  })

  it('may override the same code for reasons of their own', () => {
    const inventory = inventoryOf(two('overrides: { E_X: a }', 'overrides: { E_X: b }'))

    expect(inventory.hosts.get('h')?.overrides).toEqual({ E_X: 'a' })
  })
})

describe('a large inventory', () => {
  it('is read with every host in its groups', () => {
    const number = (index: number) => String(index).padStart(6, '0')
    const racks = Array.from({ length: 100 }, (_, rack) => {
      const of = `h-[${number(rack * 1_000)}-${number(rack * 1_000 + 999)}]`
      return `  rack-${rack}: { hosts: ["${of}"], vars: { rack: ${rack} } }`
    })

    const inventory = inventoryOf(['hosts: { "h-[000000-099999]": {} }', 'groups:', ...racks, ''].join('\n'))

    expect(inventory.hosts.size).toBe(100_000)
    expect(inventory.groups.get('rack-42')).toHaveLength(1_000)
    expect(inventory.hosts.get('h-042999')).toMatchObject({ groups: ['rack-42'], vars: { rack: 42 } })
  })
})
