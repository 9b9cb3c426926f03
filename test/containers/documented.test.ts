import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { downHosts } from '../../src/rehearsal/container-hosts.ts'
import { ON_CONTAINERS, OWN_SET } from '../docs/documented.ts'
import { type Typed, type Typist, typist } from '../docs/typist.ts'

describe('commands of the documentation', () => {
  let me: Typist

  beforeAll(async () => {
    me = await typist()
    await me.type({ command: 'runbook new greeting' })
    await me.write('check-pool', '#!/bin/sh\n')
    await me.write('hosts.txt', 'hv-11\n')
    await me.type({ command: 'chmod +x check-pool' })
  })

  afterAll(async () => {
    await downHosts(OWN_SET, { say: () => {}, mayInstall: async () => false })
    await me.remove()
  })

  test.each(ON_CONTAINERS)('$command', async ({ exit = 0, says, ...one }) => {
    const ended = await me.type(one)
    if (one.command.includes('hosts up')) await layOutInventories(ended)

    expect(ended).toEqual({ exit, said: expect.stringMatching(says) })
  })

  /** The hosts under the names that the documentation has for them, with keys that nobody knows yet. */
  async function layOutInventories({ said }: Typed): Promise<void> {
    const path = /-i (\S+)/.exec(said)?.[1] ?? ''
    const { hosts, groups, connection } = parse(await readFile(path, 'utf8'))
    const names = ['hv-01', 'hv-03', 'hv-11']
    const addresses = Object.values(hosts)
    const prod = {
      hosts: Object.fromEntries(names.map((name, index) => [name, addresses[index]])),
      groups: { hypervisors: { ...groups.hypervisors, hosts: names, vars: { count1g: 4, count2m: 64 } } },
      connection: { ...connection, knownHosts: './known_hosts' },
    }
    await symlink(path, join(me.folder, 'inventory/rehearsal.yaml'))
    await writeFile(join(me.folder, 'inventory/prod.yaml'), JSON.stringify(prod))
  }
})
