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
    step<{ before: string; forgotten: string }>({
      id: 'files-there',
      async check(host) {
        const [file, forgotten] = [await host.read(FILE), await host.read(FORGOTTEN)]
        return file.text === 'undone\n'
          ? satisfied('it is there')
          : needed('write two files', { before: file.fingerprint, forgotten: forgotten.fingerprint })
      },
      async apply(host, { before, forgotten }) {
        await host.write(FORGOTTEN, 'forgotten\n', { replacing: forgotten })
        await host.run`ip link set lo mtu 9000`
        await host.write(FILE, 'undone\n', { replacing: before })
      },
      rollback: (host, { before }) => host.restore(FILE, before),
    }),
  ],
})
