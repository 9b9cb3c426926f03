import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/model/errors.ts'
import { parseRehearsals, readRehearsals } from '../../src/rehearsal/read-rehearsal.ts'

const RUNBOOKS = join(import.meta.dirname, '../../runbooks')
const FILE = 'runbooks/thp.rehearsal.yaml'

describe('the rehearsal of a runbook', () => {
  it('is made of the defaults where there is no file', async () => {
    const found = await readRehearsals('/nowhere/thp.rehearsal.yaml', FILE, 'containers')

    expect(found).toEqual([
      {
        variant: '',
        params: {},
        hosts: { on: 'containers', flavour: 'debian', machine: {} },
        unequal: [],
        emulated: {},
        real: [],
        notHere: {},
        others: 'unknown',
      },
    ])
  })

  it('is what the file says', () => {
    const found = parseRehearsals(
      `params: { instances: [rb-guest], pageSize: 2M }
containers:
  machine: { pdpe1gb: false, guests: [rb-guest] }
  unequal: [/srv/an.image]
  emulated: { in-force: the kernel's files }
  real: [at-boot]
`,
      FILE,
      'containers',
    )

    expect(found).toEqual([
      {
        variant: '',
        params: { instances: ['rb-guest'], pageSize: '2M' },
        hosts: { on: 'containers', flavour: 'debian', machine: { pdpe1gb: false, guests: ['rb-guest'] } },
        unequal: ['/srv/an.image'],
        emulated: { 'in-force': "the kernel's files" },
        real: ['at-boot'],
        notHere: {},
        others: 'unknown',
      },
    ])
  })

  it('has variants that are laid over it, and what a variant says of a step holds', () => {
    const [, rhel] = parseRehearsals(
      `params: { count1g: 4, count2m: 64 }
containers: { machine: { bootDelay: 1 }, emulated: { a: virsh, b: virsh }, real: [c, d] }
variants:
  rhel:
    params: { count1g: 2 }
    containers: { flavour: rhel, machine: { pdpe1gb: true }, emulated: { c: grubby }, real: [b] }
`,
      FILE,
      'containers',
    )

    expect(rhel).toEqual({
      variant: 'rhel',
      params: { count1g: 2, count2m: 64 },
      hosts: { on: 'containers', flavour: 'rhel', machine: { bootDelay: 1, pdpe1gb: true } },
      unequal: [],
      emulated: { a: 'virsh', c: 'grubby' },
      real: ['d', 'b'],
      notHere: {},
      others: 'unknown',
    })
  })

  it('of virtual machines is of their section alone, and a variant that names one kind of hosts is not shown on the other', () => {
    const text = `params: { count1g: 4, size: 1G }
containers: { machine: { bootDelay: 1 }, emulated: { a: virsh } }
vm:
  params: { count1g: 1 }
  machine: { cards: [e1000e] }
  emulated: { b: its program }
  notHere: { c: that is RHEL's }
variants:
  rhel: { containers: { flavour: rhel } }
  old: { vm: { machine: { pdpe1gb: false } } }
  small: { params: { size: 2M } }
`
    const [own, ...variants] = parseRehearsals(text, FILE, 'vm')

    expect(own).toEqual({
      variant: '',
      params: { count1g: 1, size: '1G' },
      hosts: { on: 'vm', machine: { cards: ['e1000e'] } },
      unequal: [],
      emulated: { b: 'its program' },
      real: [],
      notHere: { c: "that is RHEL's" },
      others: 'real',
    })
    expect(variants.map(({ variant, hosts, params }) => [variant, hosts.machine, params.size])).toEqual([
      ['old', { cards: ['e1000e'], pdpe1gb: false }, '1G'],
      ['small', { cards: ['e1000e'] }, '2M'],
    ])
    expect(parseRehearsals(text, FILE, 'containers').map(({ variant }) => variant)).toEqual(['', 'rhel', 'small'])
  })

  it.each([
    ['vm: { machine: { card: [virtio] } }', ':1: unknown key "card". .* Did you mean "cards"\\?'],
    ['vm: { real: [a] }', ':1: unknown key "real". Known here: params, machine, unequal, emulated, notHere.'],
    ['vm: { notHere: { a: } }', ':1: a must say why it has nothing to do there; it is nothing'],
    ['parms: {}', ':1: unknown key "parms". Known here: params, containers, vm, variants. Did you mean "params"?'],
    ['containers: { flavor: rhel }', ':1: unknown key "flavor". .* Did you mean "flavour"\\?'],
    [
      'containers:\n  flavour: rhle',
      ':2: flavour must be one of debian, rhel, images.*; it is the text "rhle". Did you mean "rhel"\\?',
    ],
    ['containers:\n  machine:\n    bootdelay: 3', ':3: unknown key "bootdelay". .* Did you mean "bootDelay"\\?'],
    ['containers: { real: at-boot }', ':1: real must be a list of step ids; it is the text "at-boot"'],
    ['containers: { emulated: { a: } }', ':1: a must say what stood in for the real thing; it is nothing'],
    ['containers:\n  emulated: { a: x }\n  real:\n    - a', ':4: "a" stands in both lists: it is emulated or real'],
    ['variants: { rhel: { flavour: rhel } }', ':1: unknown key "flavour". Known here: params, containers, vm.'],
    ['params: [a]', ':1: params must be a map; it is a list'],
  ])('is refused with file, line and key where it says %j', (text, fault) => {
    expect(() => parseRehearsals(text, FILE, 'containers')).toThrow(UsageError)
    expect(() => parseRehearsals(text, FILE, 'containers')).toThrow(new RegExp(`^${FILE}${fault}`))
  })

  it('can be read for every runbook of this project', async () => {
    for await (const name of glob('*.rehearsal.yaml', { cwd: RUNBOOKS })) {
      expect(await readRehearsals(join(RUNBOOKS, name), name, 'containers')).not.toEqual([])
    }
  })
})
