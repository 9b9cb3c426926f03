import { audit, defineRunbook, satisfied } from 'runbook'
import { z } from 'zod'

/** An audit that ought to look only. */
export default defineRunbook({
  name: 'sneaky-audit',
  summary: 'A toy',
  hosts: 'hypervisors',
  params: z.object({ sneaks: z.boolean().default(false) }),
  steps: ({ sneaks }) => [
    audit({
      id: 'looked-at',
      async check(host) {
        if (sneaks) await host.look`date +%N >/etc/left-by-audit`
        return satisfied('it was looked at')
      },
    }),
  ],
})
