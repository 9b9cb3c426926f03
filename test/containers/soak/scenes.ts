import { join } from 'node:path'
import type { HostModel } from '../../../src/rehearsal/hosts/host-model.ts'

/** A runbook with the words of its command line, and how often it is played beside the others. */
export interface Scene {
  readonly name: string
  readonly runbook: string
  readonly words: readonly string[]
  readonly weight: number
}

/** A machine on which every scene can be played. */
export const MACHINE = {
  cards: [{ name: 'card0' }],
  zswap: true,
  transparentHugePages: 'madvise',
  services: ['zramswap.service'],
  swaps: [
    { path: '/dev/vda2', size: '4G', used: '1M' },
    { path: '/swapfile', size: '1G', priority: 5 },
    { path: '/dev/zram0', size: '1G', fstab: false },
  ],
  disks: [{ device: '/dev/sdb', size: '50G' }],
} as const satisfies HostModel

const pages = ['-e', 'count1g=4', '-e', 'count2m=64']

/** `token`: the reference to a secret. */
export const scenesWith = (token: string): readonly Scene[] => [
  {
    name: 'every kind of step',
    runbook: join(import.meta.dirname, 'every-kind.ts'),
    words: ['-e', `token=${token}`],
    weight: 4,
  },
  { name: 'restart of the host', runbook: 'hugepages-1g', words: pages, weight: 2 },
  {
    name: 'restart, drained',
    runbook: 'hugepages-1g',
    words: [...pages, '-e', 'drain=migrate', '-e', 'cloud=envvars'],
    weight: 1,
  },
  { name: 'the card of the line', runbook: 'nic-offloads', words: ['-e', 'interfaces=card0,eth0'], weight: 2 },
  {
    name: 'files and commands',
    runbook: 'swap-and-reclaim',
    words: ['-e', 'swap=off', '-e', 'zswap=off', '-e', 'minFree=512M'],
    weight: 2,
  },
  { name: 'a service that reads a file', runbook: 'disk-cachemodes', words: [], weight: 2 },
]
