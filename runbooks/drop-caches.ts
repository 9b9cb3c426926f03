import {
  COMPACT_MEMORY,
  cachesAround,
  cachesDropped,
  containerKernel,
  DROP_CACHES,
  type Duration,
  defineRunbook,
  guardTexts,
  kernelFilesWritable,
  memoryCompacted,
  notDroppedLately,
} from 'runbook'
import { z } from 'zod'
import { duration } from './parameters/values.ts'

const params = z.object({
  level: z.literal([1, 2, 3]).default(3).describe('1 the page cache, 2 directory entries and inodes, 3 both'),
  syncFirst: z.boolean().default(true).describe('Write dirty pages to disk before: only clean ones can be dropped'),
  compact: z.boolean().default(false).describe('Then move pages together, so that larger ones become free'),
  minInterval: duration('10m').default('0s').describe('Refuse a host whose caches were dropped a shorter time ago'),
  quiet: z
    .boolean()
    .default(false)
    .describe('The kernel logs that it is asked for silence, and then no drop until it boots'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'drop-caches',
  summary: 'Drop clean caches of the kernel: for a measurement, or before large pages are asked for',
  about: {
    purpose:
      'Makes a measurement start from cold caches, or large pages easier to find. It tunes nothing: caches that were useful are read again.',
    changes: ['clean caches of the kernel are gone'],
    guests: 'Their reads are slow until the caches are warm again.',
    undo: 'There is nothing to take back.',
  },
  hosts: 'hypervisors',
  params,
  risks: ['reads are slow until the caches are filled again'],
  steps: ({ compact, minInterval, ...drop }) => [
    containerKernel('caches-dropped'),
    kernelFilesWritable('caches-dropped', [DROP_CACHES, ...(compact ? [COMPACT_MEMORY] : [])]),
    // The pattern of the parameter admits only durations.
    ...(/^0+[smh]$/.test(minInterval) ? [] : [notDroppedLately(minInterval as Duration)]),
    cachesAround,

    cachesDropped(drop),
    ...(compact ? [memoryCompacted] : []),
  ],
  guards: guardTexts(['E_CONTAINER_KERNEL', 'E_TOO_SOON']),
})
