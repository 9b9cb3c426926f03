import { defineRunbook, guarded, needed, satisfied, sh } from 'runbook'
import { z } from 'zod'

const FILE = '/etc/runbook-guarded.conf'
const REVERT = sh`printf 'old\n' >${FILE}; systemctl start ssh.service`

const params = z.object({ cuts: z.boolean().default(false) }).loose()

/** A change that may stop the very service over which the host is managed. */
export default defineRunbook<z.infer<typeof params>>({
  name: 'guarded',
  summary: 'a change that may cut its own line',
  hosts: 'all',
  params,
  steps: ({ cuts }) => [
    guarded<null>({
      id: 'line-kept',
      within: '12s',
      async check(host) {
        return (await host.read(FILE)).text === 'new\n' ? satisfied('it is new') : needed('make it new', null)
      },
      async apply(host) {
        if (cuts) await host.run`printf 'new\n' >${FILE}; systemctl stop ssh.socket ssh.service; pkill -x sshd || true`
        else await host.run`printf 'new\n' >${FILE}`
      },
      revert: () => REVERT,
      rollback: (host) => host.run(REVERT),
    }),
  ],
})
