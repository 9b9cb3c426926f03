import { defineRunbook, needed, satisfied, step } from 'runbook'
import { z } from 'zod'

const [FILE, FORGOTTEN] = ['/etc/toy-undone', '/etc/toy-forgotten']

/** Its rollback forgets a file, and what it set beside files. */
export default defineRunbook({
  name: 'untidy',
  summary: 'A toy',
  hosts: 'hypervisors',
  params: z.object({}),
  steps: () => [
    step<{ before: string }>({
      id: 'files-there',
      async check(host) {
        const file = await host.read(FILE)
        return file.text === 'undone\n'
          ? satisfied('it is there')
          : needed('write two files', { before: file.fingerprint })
      },
      async apply(host, { before }) {
        await host.write(FORGOTTEN, 'forgotten\n', { replacing: 'absent' })
        await host.run`ip link set lo mtu 9000`
        await host.write(FILE, 'undone\n', { replacing: before })
      },
      rollback: (host, { before }) => host.restore(FILE, before),
    }),
  ],
})
