import { blocked, satisfied } from '../../../model/check.ts'
import type { Duration } from '../../../model/duration.ts'
import { info, type Note } from '../../../model/note.ts'
import { type During, during, type Gate, gate, type Reboot } from '../../../model/step.ts'
import { noGuestsRunning } from '../host-gates.ts'
import { computeService, type InCloud } from './compute-service.ts'
import { moveGuests } from './move-guests.ts'
import { guestsInWords, guestsOf, namesOf, type SortedGuests } from './sort-guests.ts'

export interface MovingParts extends InCloud {
  /** Move guests powered off that cannot be moved alive. */
  readonly cold: boolean
  /** Until the host is empty. */
  readonly within: Duration
}

/** The guests that ran when the host was first met. */
export type MovedGuests = {
  readonly computeHost: string
  readonly guests: readonly { readonly id: string; readonly name: string }[]
}

/**
 * Moves the guests of a host to others of nova's choice, a few at a time, before steps that it cannot serve them in. They
 * stay where they went. Meant to stand where nova places nothing new on the host.
 */
export const guestsMovedAway = (parts: MovingParts, steps: During['steps']): During<MovedGuests> =>
  during<MovedGuests>(
    {
      id: 'guests-moved-away',
      brings: [noGuestsRunning.id],
      async read(host) {
        const { host: computeHost } = await computeService(host, parts)
        const { movable, busy, stuck } = await guestsOf(host, host.cloud(parts.cloud), computeHost)
        const guests = [...movable, ...busy, ...stuck].map(({ id, name }) => ({ id, name }))
        return { computeHost, guests }
      },
      enter: (host, found) => moveGuests(host, { ...parts, ...found }),
      async leave() {},
      owes: () => 'nothing by hand: guests that have left stay where they went',
    },
    steps,
  )

/** Stops a host whose guests cannot be moved, before anything is touched; says of another what is about to happen. */
export const guestsCanBeMoved = (parts: MovingParts, restart: Reboot): Gate =>
  gate({
    id: 'guests-can-be-moved',
    async check(host) {
      if ((await restart.check(host)).state === 'satisfied') return satisfied('no restart is to come')
      const service = await computeService(host, parts)
      const guests = await guestsOf(host, host.cloud(parts.cloud), service.host)
      const { movable, stuck, foreign } = guests
      if (service.state === 'down' && movable.length > 0) {
        return blocked({
          code: 'E_COMPUTE_DOWN',
          because: `nova-compute of ${service.host} does not answer nova, so that no guest can leave it`,
          remedy: 'Start it: systemctl start nova-compute. Or wish drain=stop-guests.',
        })
      }
      if (foreign.length > 0) {
        return blocked({
          code: 'E_GUESTS_FOREIGN',
          because: `${guestsInWords(foreign.length)} of ${host.name} ${foreign.length === 1 ? 'is' : 'are'} none of nova's there: ${foreign.join(', ')}`,
          remedy: 'Move or stop them by hand; one that is just arriving is known after a while.',
        })
      }
      if (stuck.length > 0) {
        const states = stuck.map(({ name, status }) => `${name} is ${status}`).join(', ')
        return blocked({
          code: 'E_GUESTS_STAY',
          because: `nova moves no guest in such a state: ${states}`,
          remedy:
            'Bring it into state ACTIVE or stop it (openstack server show NAME says why), or wish drain=stop-guests.',
        })
      }
      return satisfied('its guests can leave', { notes: moveNotes(guests, parts) })
    },
  })

function moveNotes({ movable, busy, off }: SortedGuests, { cold }: MovingParts): readonly Note[] {
  const leave = [...movable, ...busy]
  const else_ = cold ? 'powered off where that fails' : 'the host stops there if that fails'
  return [
    ...(leave.length > 0
      ? [info('I_DRAIN', `${guestsInWords(leave.length)} to move alive to other hosts: ${namesOf(leave)}; ${else_}`)]
      : [info('I_DRAIN', 'no guest runs')]),
    ...(off.length > 0 ? [info('I_DRAIN', `${guestsInWords(off.length)} off, not moved: ${namesOf(off)}`)] : []),
  ]
}
