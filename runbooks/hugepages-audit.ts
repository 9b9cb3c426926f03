import { defineRunbook, guardTexts, hugepagesAsExpected, hugepagesKnown } from 'runbook'
import { z } from 'zod'

const pages = z.number().int().min(0).optional()

const params = z.object({
  expect: z
    .strictObject({
      count1g: pages.describe('Pages of 1 GiB that the pool must have at least'),
      count2m: pages.describe('Pages of 2 MiB that the pool must have at least'),
      free1g: pages.describe('Pages of 1 GiB that must be free at least'),
      free2m: pages.describe('Pages of 2 MiB that must be free at least'),
      defaultSize: z.enum(['1G', '2M']).optional().describe('The size that programs get when they name none'),
      thp: z.enum(['always', 'madvise', 'never']).optional().describe('The setting of transparent huge pages'),
    })
    .default({})
    .describe('What a host must show, else it is blocked; what is left out is only reported'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'hugepages-audit',
  summary: 'Say what static and transparent huge pages a host has, and what is odd about them',
  about: {
    purpose:
      'HugePages_* of /proc/meminfo speak of the default size alone, AnonHugePages of transparent pages alone. This reads all pools of all sizes and nodes, what the command line asks for, mounts and transparent pages, and says what does not fit together.',
    changes: [],
    guests: 'Nothing.',
    undo: 'Nothing is changed.',
  },
  hosts: 'hypervisors',
  params,
  steps: ({ expect }) => [hugepagesKnown, ...(Object.keys(expect).length > 0 ? [hugepagesAsExpected(expect)] : [])],
  guards: guardTexts(['E_NOT_AS_EXPECTED']),
})
