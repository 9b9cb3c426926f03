import { sh } from '../../model/command.ts'
import { type During, during } from '../../model/step.ts'
import { runningGuests } from './running-guests.ts'

/** The guests that ran before they were stopped, by UUID. */
export type StoppedGuests = { readonly running: readonly string[] }

/**
 * Shuts the guests of a host down around steps that it cannot serve them in, and starts the same ones again behind them.
 * A guest that has not shut down after 10 minutes fails the host; nothing is forced off.
 */
export const guestsStopped = (steps: During['steps']): During<StoppedGuests> =>
  during<StoppedGuests>(
    {
      id: 'guests-stopped',
      read: async (host) => ({ running: await runningGuests(host) }),
      async enter(host, { running }) {
        if (running.length === 0) return
        await host.run(
          sh`for g in ${running}; do virsh shutdown --domain "$g"; done; until [ -z "$(virsh -r list --uuid)" ]; do sleep 2; done`,
          { limit: '10m' },
        )
      },
      async leave(host, { running }) {
        if (running.length === 0) return
        await host.run(
          sh`r=0; for g in ${running}; do virsh -r list --uuid | grep -q -x -F -e "$g" || virsh start --domain "$g" || r=1; done; exit "$r"`,
          { limit: '10m' },
        )
      },
    },
    steps,
  )
