import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'

import { loadInventory } from '../../../src/inventory/find-inventory.ts'
import { selectHosts } from '../../../src/inventory/host-pattern.ts'
import { needPrograms } from '../../../src/rehearsal/docker/packages.ts'
import { askHosts } from './both.ts'

const PROJECT = join(import.meta.dirname, 'shapes/multinode')
const INVENTORY = join(PROJECT, 'inventory/multinode')

beforeAll(async () => {
  await needPrograms(['ansible-inventory'], {
    say: (line) => process.stderr.write(`${line}\n`),
    mayInstall: async () => true,
  })
}, 600_000)

// All of them name something: what names nothing is a warning of Ansible and an error here.
const term = fc.constantFrom(
  ...['all', '*', 'compute', 'control', 'network', 'storage', 'baseline', 'compute-agents', 'ungrouped', 'deployment'],
  ...['juniper01', 'larch01', 'localhost', 'oak5', 'cedar-gpua', 'cedar*', 'oak?', '*01', 'juniper0[!3]', 'oak[!1]'],
  ...['compute[0]', 'compute[-1]', 'compute[1:3]', 'control[1:]', 'c*[2]', 'network[0:1]', '~cedar0[01][1-3]', '~.*1$'],
  ...['~(juniper|larch)', 'comp*', '*ge'],
)
const pattern = fc
  .tuple(term, fc.array(fc.tuple(fc.constantFrom('', '&', '!'), term), { maxLength: 3 }), fc.constantFrom(':', ','))
  .map(([first, more, sign]) => [first, ...more.map((parts) => parts.join(''))].join(sign))

const seed = Number(process.env.INVENTORY_SEED ?? Math.floor(Math.random() * 2 ** 31))

it(`patterns of hosts select what Ansible selects, drawn by INVENTORY_SEED=${seed}`, async () => {
  const drawn = [...new Set(fc.sample(pattern, { seed, numRuns: 80 }))]
  const inventory = await loadInventory(INVENTORY, PROJECT)
  const select = (one: string): readonly string[] => {
    try {
      return selectHosts(inventory, one)
    } catch {
      return []
    }
  }

  const theirs = await askHosts(INVENTORY, drawn)

  const sorted = (lists: readonly (readonly string[])[]) =>
    Object.fromEntries(drawn.map((one, index) => [one, lists[index]?.toSorted()]))
  expect(sorted(drawn.map(select))).toEqual(sorted(theirs))
}, 120_000)
