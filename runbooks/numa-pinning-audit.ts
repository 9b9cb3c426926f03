import { defineRunbook, placementKnown } from 'runbook'
import { z } from 'zod'

const params = z.object({
  memory: z
    .boolean()
    .default(true)
    .describe('Ask where each guest has its memory: the kernel walks its page tables, which takes a while'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'numa-pinning-audit',
  summary: 'Say where guests, their memory and their devices are, and what that costs them',
  about: {
    purpose: 'A guest whose memory or card is on the other node pays for each access. This says which do, and why.',
    changes: [],
    guests: 'Nothing.',
    undo: 'Nothing is changed.',
  },
  hosts: 'hypervisors',
  params,
  steps: ({ memory }) => [placementKnown({ memory })],
})
