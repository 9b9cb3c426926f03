import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { HOST_USER } from '../../../src/rehearsal/hosts/host-model.ts'
import { type Ended, type Laptop, laptop, temporaryFolder } from '../command-line.ts'
import { useParts } from '../hosts/parts.ts'

const cast = useParts({ alone: {}, grouped: {} })

/** Runbooks, and the steps whose answers are others than root gets. What is not the same is a refusal. */
const TABLE: readonly (readonly [words: readonly string[], refused: Readonly<Record<string, string>>])[] = [
  [['hugepages-audit'], {}],
  [['thp'], {}],
  [
    ['hugepages-1g', '-e', 'count1g=4', '-e', 'count2m=64'],
    {
      'boot-loader-can-be-edited': 'cannot read /boot/grub/grub.cfg',
      'boot-config': 'cannot read /boot/grub/grub.cfg',
    },
  ],
  [['drop-caches'], { 'kernel-files-writable': 'cannot be written' }],
]

describe.concurrent('a plan without root', () => {
  it.each(TABLE)('answers as root would, or says what it may not read: %j', async (words, refused) => {
    const { asRoot, asUser } = await bothWays(words)

    const others = Object.keys(asRoot).filter((step) => asRoot[step] !== asUser[step])
    expect(others.toSorted()).toEqual(Object.keys(refused).toSorted())
    for (const step of others) {
      expect(asUser[step]).toMatch(/^blocked: /)
      expect(asUser[step]).toContain(refused[step])
    }
  })

  it('needs a group and no root where files are for a group', async () => {
    const { hosts } = cast
    const alone = await bothWays(['disk-aio-native'])
    await hosts.grouped.inside(`usermod -aG nova ${HOST_USER}`)
    const grouped = await bothWays(['disk-aio-native'], hosts.grouped)

    expect(alone.asUser['nova-compute-configuration']).toMatch(/^blocked: no configuration of nova-compute/)
    expect(grouped.asUser).toEqual(grouped.asRoot)
  })
})

async function bothWays(words: readonly string[], host = cast.hosts.alone) {
  const here = await laptop()
  const asRoot = steps(await plan(here, await inventoryOf('sudo', host), words))
  const asUser = steps(await plan(here, await inventoryOf('none', host), words))
  return { asRoot, asUser }
}

const plan = (here: Laptop, inventory: string, words: readonly string[]): Promise<Ended> =>
  here.type('plan', ...words, '-i', inventory, '--json')

/** What each step answered. */
function steps({ rows }: Ended): Readonly<Record<string, string>> {
  const planned = rows.find(({ type }) => type === 'planned')
  if (planned?.type !== 'planned') return {}
  // What is free changes from one look to the next.
  const told = (text: string) => text.replace(/[\d.]+ [KMGT]iB free/, 'some free')
  return Object.fromEntries(planned.plan.steps.map(({ step, state, text }) => [step, `${state}: ${told(text)}`]))
}

async function inventoryOf(become: 'sudo' | 'none', host: ContainerHost): Promise<string> {
  const { set } = cast
  const inventory = {
    hosts: { [host.name]: { address: '127.0.0.1', port: host.port } },
    groups: { hypervisors: { hosts: [host.name], overrides: { E_CONTAINER_KERNEL: 'a test host' } } },
    connection: { user: HOST_USER, identity: set.identity, knownHosts: set.knownHosts, become, sshConfig: 'none' },
  }
  const path = join(await temporaryFolder(), 'inventory.yaml')
  // JSON is YAML.
  await writeFile(path, JSON.stringify(inventory))
  return path
}
