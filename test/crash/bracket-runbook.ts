import { defineRunbook, during, fact, needed, satisfied, sh, step } from 'runbook'
import { z } from 'zod'

const UNIT = 'libvirtd.service'
const FILE = '/etc/runbook-demo.conf'
const TEXT = 'written while the service is stopped\n'

const runs = fact(sh`systemctl is-active ${UNIT}`, ({ stdout }) => stdout.trim() === 'active')

const written = step<{ before: string }>({
  id: 'demo-written',
  async check(host) {
    const file = await host.read(FILE)
    return file.text === TEXT ? satisfied('it is written') : needed('write it', { before: file.fingerprint })
  },
  apply: (host, { before }) => host.write(FILE, TEXT, { replacing: before }),
  rollback: (host, { before }) => host.restore(FILE, before),
})

/** A file that is written while a service is stopped; the service runs again afterwards if it ran before. */
export default defineRunbook({
  name: 'bracket',
  summary: 'a file written while a service is stopped',
  hosts: 'all',
  params: z.object({}).loose(),
  steps: () => [
    during<boolean>(
      {
        id: 'service-stopped',
        read: (host) => host.ask(runs),
        enter: (host) => host.run`systemctl stop ${UNIT}`,
        leave: (host, ran) => (ran ? host.run`systemctl start ${UNIT}` : Promise.resolve()),
      },
      [written],
    ),
  ],
})
