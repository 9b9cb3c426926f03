import { setTimeout } from 'node:timers/promises'
import { HostUnreachable, Interrupted } from '../../model/errors.ts'

/** How often, and from which pause on, a refusal of sshd to let one more connection in is tried again. */
const PATIENCE: Readonly<Record<string, { readonly turns: number; readonly first: number }>> = {
  // sshd draws by lot who is dropped, so another turn soon is as good as any.
  E_MAX_STARTUPS: { turns: 20, first: 200 },
  // Of older servers the closed connection is all that is seen of it.
  E_BANNER: { turns: 3, first: 150 },
  // The shortest penalty that is enforced is 15 s; each further connection within it may make it longer.
  E_PENALTY: { turns: 4, first: 4_000 },
}
const LONGEST = 5_000

/**
 * An attempt to log in, made again after a pause where sshd lets nobody in just now, as long as `end` (by
 * performance.now) lets it. Throws what the last attempt threw; Interrupted when the signal aborts.
 */
export async function patiently<Opened>(
  { end, signal }: { readonly end: number; readonly signal?: AbortSignal | undefined },
  attempt: () => Promise<Opened>,
): Promise<Opened> {
  for (let turn = 0; ; turn += 1) {
    try {
      return await attempt()
    } catch (error) {
      const pause = pauseAfter(error, turn)
      if (pause === null || performance.now() + pause >= end) throw error
      await setTimeout(pause, undefined, signal ? { signal } : {}).catch(() => {
        throw new Interrupted('stopped while it waited for another attempt')
      })
    }
  }
}

/**
 * Milliseconds to wait before the next attempt, or null where it would not help. Pauses grow by half each turn, up to
 * 5 s, and differ by chance, so that those who were dropped together do not come back together.
 */
export function pauseAfter(error: unknown, turn: number, random: () => number = Math.random): number | null {
  const patience = error instanceof HostUnreachable ? PATIENCE[error.code] : undefined
  if (!patience || turn >= patience.turns) return null
  return Math.round(Math.min(LONGEST, patience.first * 1.5 ** turn) * (0.5 + random()))
}
