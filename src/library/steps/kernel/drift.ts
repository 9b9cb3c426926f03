import { info, type Note } from '../../../model/note.ts'

/** Which half of a setting is missing: that of the running host, or what brings it back. */
export type Drift = 'lost at reboot' | 'only after reboot'

/**
 * The host has already what a step is to make persistent, and no boot would bring it back.
 *
 *     lostAtReboot('these words hold')   // I_DRIFT: these words hold right now; this is lost at reboot
 */
export const lostAtReboot = (what: string): Note => drift(`${what} right now; this is lost at reboot`, 'lost at reboot')

/**
 * A boot would bring about what a step is to bring about now.
 *
 *     onlyAfterReboot('a file sets them')   // I_DRIFT: a file sets them; this holds only after reboot, not right now
 */
export const onlyAfterReboot = (what: string): Note =>
  drift(`${what}; this holds only after reboot, not right now`, 'only after reboot')

const drift = (text: string, which: Drift): Note => info('I_DRIFT', text, { drift: which })
