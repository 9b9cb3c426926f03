import type { TimeOfDay } from '../flags.ts'

/** The next moment, in milliseconds since 1970, at which this machine's clock shows the time; a day ahead at most. */
export function nextTime({ hour, minute }: TimeOfDay, now: number): number {
  const at = new Date(now)
  at.setHours(hour, minute, 0, 0)
  // Not 24 hours on: the day on which clocks are changed has another length.
  if (at.getTime() <= now) at.setDate(at.getDate() + 1)
  return at.getTime()
}
