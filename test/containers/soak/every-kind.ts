import { defineRunbook, during, guarded, needed, restartUnit, satisfied, secretParameter, sh, step } from 'runbook'
import { z } from 'zod'

const UNIT = 'soak.service'
const [CONFIGURATION, TOKEN, MADE, SILENCED, LINE] = [
  '/etc/soak/conf',
  '/etc/soak/token',
  '/etc/soak/made',
  '/etc/soak/silenced',
  '/etc/soak/line',
]
/** The host counts here when the command begins and when it has ended. */
const COUNTS = '/var/lib/testhost-counters/soak-commands'

const params = z.object({ token: secretParameter(z.string()) })

/** One step of each kind that the other runbooks of the soak lack, with a secret in it. */
export default defineRunbook<z.infer<typeof params>>({
  name: 'every-kind',
  summary: 'A toy for the soak',
  hosts: 'hypervisors',
  params,
  steps: ({ token }) => [
    step<{ before: string }>({
      id: 'file-edited',
      async check(host) {
        const file = await host.read(CONFIGURATION)
        if (file.text === 'new\n') return satisfied('it is new')
        return needed('edit it', { before: file.fingerprint }, { readBy: UNIT })
      },
      apply: (host, { before }) => host.write(CONFIGURATION, 'new\n', { replacing: before, readBy: UNIT }),
      rollback: (host, { before }) => host.restore(CONFIGURATION, before, { readBy: UNIT }),
    }),
    step<{ before: string }>({
      id: 'secret-given',
      async check(host) {
        const file = await host.read(TOKEN)
        if (file.text === host.secret(token).reveal()) return satisfied('it has the token')
        return needed('give it the token', { before: file.fingerprint })
      },
      apply: (host, { before }) => host.write(TOKEN, host.secret(token).reveal(), { replacing: before }),
      rollback: (host, { before }) => host.restore(TOKEN, before),
    }),
    during<null>(
      {
        id: 'silenced',
        read: async () => null,
        enter: (host) => host.run(sh`touch ${SILENCED}`),
        leave: (host) => host.run(sh`rm -f ${SILENCED}`),
      },
      [
        step<null>({
          id: 'command-run',
          async check(host) {
            return (await host.read(MADE)).state === 'present' ? satisfied('it was run') : needed('run it', null)
          },
          apply: (host) =>
            host.run(
              sh`test -e ${SILENCED} && echo begun >>${COUNTS} && sleep 1 && touch ${MADE} && echo ended >>${COUNTS}`,
            ),
          rollback: (host) => host.run(sh`rm -f ${MADE}`),
        }),
      ],
    ),
    guarded<null>({
      id: 'line-kept',
      within: '30s',
      async check(host) {
        return (await host.read(LINE)).text === 'new\n' ? satisfied('it is new') : needed('make it new', null)
      },
      apply: (host) => host.run(sh`echo new >${LINE}`),
      revert: () => sh`echo old >${LINE}`,
      rollback: (host) => host.run(sh`echo old >${LINE}`),
    }),
    restartUnit({ id: 'unit-restarted', unit: UNIT }),
  ],
})
