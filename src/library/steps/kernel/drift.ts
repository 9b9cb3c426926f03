import type { Check } from '../../../model/check.ts'
import type { Json } from '../../../model/json.ts'
import { info, type Note } from '../../../model/note.ts'

/** Which half of a setting is missing: what brings it back, or that of the running host. */
export type Drift = 'lost at reboot' | 'only after reboot'

/**
 * Says where the running host and the next boot differ about something. A step that makes it persistent tells of both
 * ways: it is asked before this run changes either half.
 *
 *     driftNotes({ now: true, atBoot: false }, 'what the file sets')
 *     // I_DRIFT: what the file sets holds right now and is lost at reboot
 */
export function driftNotes(
  { now, atBoot }: { readonly now: boolean; readonly atBoot: boolean },
  what: string,
): readonly Note[] {
  if (now === atBoot) return []
  const [drift, text]: readonly [Drift, string] = now
    ? ['lost at reboot', `${what} holds right now and is lost at reboot`]
    : ['only after reboot', `${what} holds only after reboot, not right now`]
  return [info(CODE, text, { drift })]
}

/** The same answer as a proof: between the changes of one run the halves differ, which is no drift. */
export const withoutDrift = <Found extends Json>(check: Check<Found>): Check<Found> => ({
  ...check,
  notes: check.notes.filter(({ code }) => code !== CODE),
})

const CODE = 'I_DRIFT'
