import type { FleetStore } from '../../engine/fleet/fleet-port.ts'
import type { ControlEvent } from '../../model/event.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { openDesk } from '../wiring.ts'
import { storeOf } from './fleet-desk.ts'
import { standingText } from './standing-text.ts'

type Halt = Pick<ControlEvent, 'run' | 'who' | 'reason'> & { readonly action: 'pause' | 'cancel' }

/** Writes down who halts a run, and tells its workers. */
export async function haltRun({ journal, fleet }: FleetStore, { run, action, who, reason }: Halt): Promise<void> {
  await journal.append([{ type: 'control', run, action, data: null, who, reason }])
  await fleet.halt(run, action)
}

const haltVerb = (action: Halt['action'], example: string): Verb => ({
  words: ['<run>'],
  flags: ['store', 'reason'],
  examples: [[`runbook ${action} 7f3k2`, example]],
  async act({ operator, options, words: [run = ''] }) {
    const desk = await openDesk({ operator, options, journal: 'existing' })
    try {
      const store = storeOf(desk)
      const { journal, fleet } = store
      await findRun(journal, run)
      const { who } = desk
      await haltRun(store, { run, action, who, reason: options.reason ?? '' })
      const standing = await fleet.standing(run)
      operator.say(standing ? `run ${run}: ${standingText(run, standing)}` : `run ${run} was not given to workers`)
      return 0
    } finally {
      await desk.close()
    }
  },
})

/** Lets hosts that are open come to their end, and starts no other. */
export const pause = haltVerb('pause', 'no further host begins; go on with resume')

/** Stops hosts after the step in hand, and starts no other. */
export const cancel = haltVerb('cancel', 'hosts stop after the step in hand')
