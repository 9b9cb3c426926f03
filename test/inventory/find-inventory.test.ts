import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { loadInventory } from '../../src/inventory/find-inventory.ts'
import { UsageError } from '../../src/model/errors.ts'

describe('an inventory by its name', () => {
  let project: string

  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), 'runbook-inventory-'))
    await mkdir(join(project, 'inventory'))
  })
  afterEach(() => rm(project, { recursive: true, force: true }))

  const write = (file: string, text: string) => writeFile(join(project, file), text, { mode: 0o644 })

  it('is a file of the project, ending in yaml or yml', async () => {
    await write('inventory/prod.yaml', 'hosts: { a: {} }\n')
    await write('inventory/test.yml', 'hosts: { b: {} }\n')

    const found = await Promise.all([loadInventory('prod', project), loadInventory('test', project)])

    expect(found.map(({ name, hosts }) => [name, ...hosts.keys()])).toEqual([
      ['prod', 'a'],
      ['test', 'b'],
    ])
  })

  it('is taken as a path when it is one', async () => {
    await write('elsewhere.txt', 'hosts: { a: {} }\nconnection: { identity: key }\n')

    const inventory = await loadInventory(join(project, 'elsewhere.txt'), project)

    expect(inventory.hosts.get('a')?.connection.identityFiles).toEqual([join(project, 'key')])
  })

  it('is a list of hosts when it has a comma', async () => {
    const inventories = await Promise.all(['a,b, c', 'a,'].map((list) => loadInventory(list, project)))

    expect(inventories.map(({ hosts }) => [...hosts.keys()])).toEqual([['a', 'b', 'c'], ['a']])
  })

  it('is asked for by what exists when it is missing', async () => {
    await write('inventory/prod.yaml', '')
    await write('inventory/stage.yml', '')
    await write('inventory/notes.txt', '')

    const loading = loadInventory('prdo', project)

    await expect(loading).rejects.toThrow(
      'inventory "prdo": there is no inventory/prdo.yaml and no such file. Inventories: prod, stage. Did you mean "prod"?',
    )
  })

  it('is missing also where the project has no folder for it', async () => {
    const loading = loadInventory('prod', join(project, 'nowhere'))

    await expect(loading).rejects.toThrow('There are none in inventory/.')
  })

  it('is refused when two files have it', async () => {
    await write('inventory/prod.yaml', 'hosts: { a: {} }\n')
    await write('inventory/prod.yml', 'hosts: { b: {} }\n')

    const loading = loadInventory('prod', project)

    await expect(loading).rejects.toThrow('inventory prod is ambiguous: inventory/prod.yaml and inventory/prod.yml')
  })

  it('is refused when everybody may write it', async () => {
    await write('inventory/prod.yaml', 'hosts: { a: {} }\n')
    await chmod(join(project, 'inventory/prod.yaml'), 0o666)

    const loading = loadInventory('prod', project)

    await expect(loading).rejects.toBeInstanceOf(UsageError)
    await expect(loading).rejects.toThrow('inventory/prod.yaml: everybody may write this file, so it is not trusted.')
  })

  it('is refused before it is read when it is too large to be one', async () => {
    await write('inventory/prod.yaml', '# nothing but this line\n'.repeat(700_000))

    const loading = loadInventory('prod', project)

    await expect(loading).rejects.toThrow('inventory/prod.yaml: larger than 16 MB.')
  })

  it('names file and line of each fault', async () => {
    await write('inventory/prod.yaml', 'hosts:\n  -x: {}\n  a b: {}\n')

    const loading = loadInventory('prod', project)

    await expect(loading).rejects.toMatchObject({
      faults: [
        expect.stringMatching(/^inventory\/prod\.yaml:2: "-x" cannot be the name of a host/),
        expect.stringMatching(/^inventory\/prod\.yaml:3: "a b" cannot be the name of a host/),
      ],
    })
  })
})

describe('the example inventory', () => {
  it('is read without a fault', async () => {
    const inventory = await loadInventory('example', fileURLToPath(new URL('../..', import.meta.url)))

    expect(inventory.hosts.get('hv-11')).toMatchObject({
      groups: ['hypervisors', 'rack-b', 'row-1'],
      vars: { count1g: 96, pagesize: '1G' },
      connection: { user: 'ops', hostKeys: { kind: 'pinned' } },
    })
    expect(inventory.groups.get('row-1')).toHaveLength(11)
  })
})
