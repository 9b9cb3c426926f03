import type { Answer, Call } from '../life/call.ts'
import type { Life } from '../life/life.ts'
import type { Flaw } from '../life/watch.ts'
import type { SmallRun } from '../runs/small-run.ts'
import type { Verb } from '../verbs.ts'
import { digest, keyOf, type World } from '../world.ts'
import type { Bounds } from './bounds.ts'

/** What all of an exploration shares. */
export interface Parts {
  readonly run: SmallRun
  readonly bounds: Bounds
  readonly flaw: Flaw
}

/** Where a controller stands. */
export interface Position {
  readonly name: string
  readonly verb: Verb
  readonly state: 'lives' | 'died' | 'ended'
  readonly told: ReadonlyMap<string, readonly Answer[]>
  readonly prints: ReadonlyMap<string, string>
  readonly answered: number
  readonly calls: readonly Call[]
  /** Of the change that this controller waits for: host to the number of its marker. */
  readonly begun: ReadonlyMap<string, number>
  readonly end: Life['end']
}

/** Where everything stands: a place from which an exploration goes on. */
export interface State {
  readonly world: World
  readonly positions: readonly Position[]
  readonly left: Required<Omit<Bounds, 'after' | 'rivals'>> & { readonly rivals: number }
  /** Who did the last step. */
  readonly turn: number
  /** Was a death the last end of a controller? Then somebody types something. */
  readonly abandoned: boolean
  readonly trail: Trail | null
  /** Controllers that may still stand where their positions say. */
  readonly lives: readonly (Life | undefined)[]
}

export interface Trail {
  readonly words: string
  readonly before: Trail | null
}

/** Something that may happen next. */
export interface Choice {
  readonly words: string
  /** Only looks: left out of traces. */
  readonly quiet?: boolean
  readonly take: (state: State) => Promise<State>
}

/** Does another controller go on, although the one that went on so far could? */
export const wouldTurn = ({ turn, positions }: State, index: number): boolean =>
  index !== turn && positions[turn]?.state === 'lives'

/** States with the same key go on alike. */
export function stateKey({ world, positions, left, turn, abandoned }: State): string {
  const where = positions.map(({ verb, state, prints, begun, end }) => [
    verb,
    state,
    end !== null,
    state === 'lives' ? [...prints].sort(([a], [b]) => (a < b ? -1 : 1)) : [],
    state === 'lives' ? [...begun] : [],
  ])
  return digest(JSON.stringify([where, { ...left, turns: String(left.turns) }, turn, abandoned]), keyOf(world))
}

/** One line for each thing that happened, the first first. */
export function told(trail: Trail | null): readonly string[] {
  const lines: string[] = []
  for (let one = trail; one; one = one.before) lines.unshift(one.words)
  return lines
}
