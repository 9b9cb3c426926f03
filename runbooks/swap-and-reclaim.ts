import {
  containerKernel,
  defineRunbook,
  fstabIsUnmanaged,
  fstabWithoutSwap,
  guardTexts,
  kernelValues,
  memoryIsLeft,
  reclaimKeys,
  swapFitsMemory,
  swapOff,
  swapUnitsMasked,
  sysctlInForce,
  sysctlPersistent,
  writtenAtBoot,
} from 'runbook'
import { z } from 'zod'
import { bytes } from './parameters/values.ts'

const NAME = 'swap-and-reclaim'
const ZSWAP = [{ path: '/sys/module/zswap/parameters/enabled', value: 'N' }]

const params = z.object({
  swap: z
    .enum(['off', 'keep'])
    .default('keep')
    .describe('Switch every swap off, now and at boot, or keep what there is'),
  reserve: bytes('512M').prefault('1G').describe('Memory that stays free when swapped-out pages are read back'),
  swappiness: z.number().int().min(0).max(200).default(1).describe('How readily guests are swapped out for caches'),
  zoneReclaimMode: z.number().int().min(0).max(7).default(0).describe('Make room on a full node before using another'),
  minFree: bytes('512M')
    .optional()
    .describe('Bytes that the kernel keeps free for itself; left out, it stays as it is'),
  overcommitMemory: z.literal([0, 1, 2]).optional().describe('0 guess, 1 promise all, 2 promise no more than there is'),
  overcommitRatio: z.number().int().min(0).max(1000).optional().describe('Percent of memory promised in mode 2'),
  zswap: z.enum(['off', 'keep']).default('keep').describe('Switch the compressed cache in front of swap off'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: NAME,
  summary: 'Keep guests in memory: swap off or seldom used, and memory taken from any node',
  about: {
    purpose:
      'A guest that was swapped out looks dead for seconds. Keeps the kernel from preferring caches over guests and from emptying one node while another has room.',
    changes: [
      'vm.* now and in a file of sysctl.d',
      'with swap=off: swaps, fstab and units of systemd',
      'with zswap=off: the compressed cache',
    ],
    guests: 'Nothing at once; without swap the kernel kills a process when memory runs out.',
    undo: 'rollback RUN: values, fstab and swaps with their priorities as they were.',
  },
  hosts: 'hypervisors',
  params,
  risks: ['without swap a host that runs out of memory kills a process, mostly a guest'],
  steps: ({ swap, zswap, reserve, ...wish }) => [
    containerKernel('reclaim-in-force'),
    memoryIsLeft(wish, swap),

    sysctlPersistent({ id: 'reclaim-at-boot', runbook: NAME, topic: 'reclaim', wish: reclaimKeys(wish) }),
    sysctlInForce({ id: 'reclaim-in-force', wish: reclaimKeys(wish) }),
    ...(zswap === 'off'
      ? [
          writtenAtBoot({ id: 'zswap-off-at-boot', runbook: NAME, topic: 'zswap', values: ZSWAP }),
          kernelValues({ id: 'zswap-off', values: ZSWAP, missing: 'passed-over' }),
        ]
      : []),
    ...(swap === 'off' ? [fstabIsUnmanaged, swapFitsMemory(reserve), fstabWithoutSwap, swapUnitsMasked, swapOff] : []),
  ],
  guards: guardTexts([
    'E_CONTAINER_KERNEL',
    'E_MIN_FREE_TOO_LARGE',
    'E_MIN_FREE_TOO_SMALL',
    'E_OVERCOMMIT',
    'E_SWAP_IN_USE',
    'E_CONFIG_MANAGED',
    'E_FILE_NOT_OURS',
  ]),
})
