import type { BlockedCheck, Check } from '../../model/check.ts'
import type { Clock } from '../ports.ts'
import type { Memory } from '../session/session.ts'

/** What a step answered at its place. */
export interface PlaceAnswer {
  readonly check: Check
  /** The first of its own gates that says no; absent where they were not asked. */
  readonly gate?: BlockedCheck | null
  /** What the host was asked for it, and for others in the same breath. */
  readonly memory: Memory
}

/**
 * What steps answered before it was their turn: right behind a claim or a change, in the same round trip, or together
 * while none of them acts. Each answers as it would at its place, as long as nothing else happens.
 */
export interface PlaceAnswers {
  /** Null where a step was not asked, or somebody may have changed the host since. */
  peek(step: string): Promise<PlaceAnswer | null>
  /** The same; the answer is spent by it. */
  take(step: string): Promise<PlaceAnswer | null>
}

/** In milliseconds; an older answer is asked for again. */
const FRESH = 2_000

export const NO_ANSWERS: PlaceAnswers = { peek: async () => null, take: async () => null }

/** An answer that fails is none: its step is asked again when it is its turn. */
export function gatherAnswers(
  clock: Clock,
  asking: readonly (readonly [step: string, answer: Promise<PlaceAnswer>])[],
): PlaceAnswers {
  const known = new Map(
    asking.map(([step, answer]) => {
      const dated = answer.then((said) => ({ said, at: clock.now() }))
      return [step, dated.catch(() => null)]
    }),
  )
  const peek = async (step: string) => {
    const answer = await known.get(step)
    return answer && clock.now() - answer.at <= FRESH ? answer.said : null
  }
  return {
    peek,
    take(step) {
      const answer = peek(step)
      known.delete(step)
      return answer
    },
  }
}
