import { defineRunbook, needed, once, satisfied, sh, step } from 'runbook'
import { z } from 'zod'

const FILE = '/etc/toy-kept'

/** A file that stays for good, and a command that no check can recognise: it adds a line to that file. */
export default defineRunbook({
  name: 'imperative',
  summary: 'A toy',
  hosts: 'hypervisors',
  params: z.object({}),
  steps: () => [
    step<{ before: string }>({
      id: 'file-kept',
      async check(host) {
        const file = await host.read(FILE)
        if (file.text?.startsWith('kept\n')) return satisfied('it is there')
        return needed('write it', { before: file.fingerprint })
      },
      apply: (host, { before }) => host.write(FILE, 'kept\n', { replacing: before }),
    }),
    once({ id: 'line-added', does: 'a line is added', command: sh`sleep 1; echo again >>${FILE}` }),
  ],
})
