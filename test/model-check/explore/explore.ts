import './steady-digest.ts'
import type { FakeHost } from '../../../src/testing.ts'
import { BrokenGuarantee, judgeEnd, statusOf } from '../guarantees.ts'
import type { Flaw } from '../life/watch.ts'
import type { SmallRun } from '../runs/small-run.ts'
import { FIRST } from '../verbs.ts'
import { copyWorld, hostOf, makeWorld } from '../world.ts'
import type { Bounds } from './bounds.ts'
import { begin, death, type Step, stepsOf } from './controllers.ts'
import { events, isHeard } from './happenings.ts'
import { type Choice, type Parts, type Position, type State, stateKey, told, wouldTurn } from './state.ts'

export interface Exploration {
  readonly states: number
  readonly transitions: number
  /** How often the hosts came to which ends. */
  readonly ends: Readonly<Record<string, number>>
  readonly broken: Counterexample | null
}

export interface Counterexample {
  readonly guarantee: string
  readonly because: string
  /** One line for each thing that happened, the first first. */
  readonly trace: readonly string[]
}

/** Tries every order of everything that may happen, and stops at the first that breaks a guarantee. */
export async function explore(run: SmallRun, bounds: Bounds, flaw: Flaw = {}): Promise<Exploration> {
  const visited = new Set<string>()
  const counts = { states: 0, transitions: 0, ends: {} as Record<string, number> }
  const parts = { run, bounds, flaw }
  const { deaths, rivals = [], turns = Number.POSITIVE_INFINITY, boots = 0, deadlines = 0, meddling = 0 } = bounds
  const left = { deaths, turns, boots, deadlines, meddling, rivals: rivals.length > 0 ? 1 : 0 }
  const empty: State = { world: makeWorld(run), positions: [], left, turn: 0, abandoned: false, trail: null, lives: [] }
  const todo: { state: State; choice: Choice }[] = [{ state: empty, choice: begin(parts, 'run') }]
  for (let next = todo.pop(); next; next = todo.pop()) {
    counts.transitions += 1
    const { choice } = next
    const trail = choice.quiet ? next.state.trail : { words: choice.words, before: next.state.trail }
    try {
      const state = await choice.take({ ...next.state, world: copyWorld(next.state.world), trail })
      const key = stateKey(state)
      if (visited.has(key)) continue
      visited.add(key)
      counts.states += 1
      const choices = await choicesIn(parts, state)
      if (choices.length === 0) {
        const end = await judge(parts, state)
        counts.ends[end] = (counts.ends[end] ?? 0) + 1
      }
      for (const one of choices.toReversed()) todo.push({ state, choice: one })
    } catch (error) {
      if (!(error instanceof BrokenGuarantee)) throw error
      return { ...counts, broken: { guarantee: error.guarantee, because: error.message, trace: told(trail) } }
    }
  }
  return { ...counts, broken: null }
}

async function choicesIn(parts: Parts, state: State): Promise<readonly Choice[]> {
  const living = state.positions.flatMap((position, index) => (position.state === 'lives' ? [{ position, index }] : []))
  if (living.length === 0) return whenNobodyLives(parts, state)
  const bounded = living.filter(({ index }) => state.left.turns > 0 || !wouldTurn(state, index))
  const stepsBy = (some: typeof living) => some.flatMap(({ position, index }) => stepsOf(parts, state, position, index))
  const own = stepsBy(bounded)
  // Who waits for another cannot keep it from going on.
  const steps = own.length > 0 ? own : stepsBy(living)
  const sole = unseen(state, living, steps)
  if (sole) return [sole]
  const writing = living.filter(({ position }) => position.calls.some(({ kind }) => kind !== 'read'))
  const dying = state.left.deaths > 0 ? writing.map(({ position, index }) => death(parts, position, index)) : []
  const [first] = state.positions
  const mayRival = state.left.rivals > 0 && state.positions.length === 1 && first && writing.length > 0
  const rivals = mayRival ? (parts.bounds.rivals ?? []).map((verb) => begin(parts, verb, { rival: true })) : []
  return [...steps, ...events(state), ...dying, ...rivals]
}

/**
 * A step that comes to the same whatever is tried around it is done at once: a look that nobody else can change, and
 * where nobody dies any more each step, for hosts do not touch each other.
 */
function unseen(
  { left, world, positions }: State,
  living: readonly unknown[],
  steps: readonly Step[],
): Step | undefined {
  if (living.length > 1 || left.rivals > 0 || left.boots > 0) return undefined
  return steps.find(({ looks, lane }) => {
    const host = lane === '' ? null : hostOf(world, lane)
    return (looks || left.deaths === 0) && !(host && stirs(host, left, positions))
  })
}

/** May anything happen on the host that its controller does not do? */
const stirs = (host: FakeHost, left: State['left'], positions: readonly Position[]): boolean =>
  (host.unfinished !== null && !isHeard(host, positions)) ||
  host.rebootUnits.size > 0 ||
  (left.deadlines > 0 && host.switch?.state === 'armed')

async function whenNobodyLives(parts: Parts, state: State): Promise<readonly Choice[]> {
  const { abandoned, left, world } = state
  if (!abandoned) {
    // A controller that another made stop says so: a person goes on with the run until it is at its end.
    const status = statusOf(await world.journals.mine.journal.rows(FIRST))
    const open = status?.hosts.some(({ result }) => result === 'unfinished')
    return open ? [begin(parts, 'resume')] : []
  }
  const first = parts.run.steps[0]
  const { undo } = parts.run
  const meddled = undo && left.meddling > 0
  return [
    ...parts.bounds.after.map((verb) => begin(parts, verb)),
    ...(meddled
      ? world.hosts
          .filter((host) => parts.run.wished(host).includes(first ?? ''))
          .map(({ name }) => ({
            words: `somebody undoes ${first} on ${name}`,
            take: async (state: State): Promise<State> => {
              undo(hostOf(state.world, name))
              return { ...state, left: { ...state.left, meddling: left.meddling - 1 } }
            },
          }))
      : []),
    ...events(state),
  ]
}

async function judge({ run }: Parts, state: State): Promise<string> {
  const living = state.positions.filter(({ state: one }) => one === 'lives')
  if (living.length > 0) {
    throw new Error(`${living.map(({ name }) => name).join(', ')} waits for ever:\n${told(state.trail).join('\n')}`)
  }
  return judgeEnd(run, state.world)
}
