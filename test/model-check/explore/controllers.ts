import { HostUnreachable, UsageError } from '../../../src/model/errors.ts'
import { type FakeHost, finishUnfinished } from '../../../src/testing.ts'
import { BrokenGuarantee, witness } from '../guarantees.ts'
import type { Answer } from '../life/call.ts'
import { beginLife, type Life, quiet } from '../life/life.ts'
import { lost } from '../life/transport-port.ts'
import { VERBS, type Verb } from '../verbs.ts'
import { digest, hostOf, type World } from '../world.ts'
import { type Choice, type Parts, type Position, type State, told, wouldTurn } from './state.ts'

/** What a controller does next on one host. */
export interface Step extends Choice {
  readonly lane: string
  readonly looks: boolean
}

/** What a controller may do next: the first calls of each of its lanes. */
export function stepsOf(parts: Parts, state: State, position: Position, index: number): readonly Step[] {
  const lanes = Map.groupBy(position.calls, ({ lane }) => lane)
  return [...lanes].flatMap(([lane, calls]): readonly Step[] => {
    const begun = position.begun.get(lane)
    const [first] = calls
    if (!first) return []
    if (begun !== undefined) return [hears(parts, position, { index, lane, marker: begun }, state.world)]
    const host = lane === '' ? null : hostOf(state.world, lane)
    if (host && first.mutex && host.unfinished !== null) return []
    if (host && first.again && host.rebootUnits.size > 0) return []
    const looks = calls.every(({ kind }) => kind === 'read')
    const some = looks ? calls.length : 1
    const words = `${position.name}: ${calls
      .slice(0, some)
      .map((call) => call.words)
      .join(', ')}`
    return [{ words, lane, looks, quiet: looks, take: (from) => step(parts, from, { index, lane, some }) }]
  })
}

/** Lets the first calls of a lane through. */
async function step(
  parts: Parts,
  state: State,
  { index, lane, some }: { index: number; lane: string; some: number },
): Promise<State> {
  const { life, position } = await alive(parts, state, index)
  const calls = life.pending.filter((call) => call.lane === lane).slice(0, some)
  const answers: Answer[] = []
  for (const call of calls) {
    const answer = await call.act(state.world).then(
      (given): Answer => given,
      (error: unknown): Answer => errorAnswer(error),
    )
    const host = call.kind === 'change' && answer.error === undefined ? hostOf(state.world, lane) : null
    if (host) {
      // The host has begun: its end is an event of its own.
      const begun = new Map(position.begun).set(lane, host.unfinished?.marker ?? -1)
      return moved(state, index, { ...position, begun }, life)
    }
    answers.push(answer)
  }
  for (const [at, call] of calls.entries()) await life.answer(call, answers[at]!)
  return afterAnswers(state, index, { position, life, lane, answers })
}

function errorAnswer(error: unknown): Answer {
  if (error instanceof BrokenGuarantee) throw error
  return { error, print: error instanceof Error ? `${error.name} ${error.message}` : String(error) }
}

async function afterAnswers(
  state: State,
  index: number,
  { position, life, lane, answers }: { position: Position; life: Life; lane: string; answers: readonly Answer[] },
): Promise<State> {
  await quiet()
  const told = new Map(position.told).set(lane, [...(position.told.get(lane) ?? []), ...answers])
  const print = digest(position.prints.get(lane) ?? '', ...answers.map((answer) => answer.print))
  const prints = new Map(position.prints).set(lane, print)
  const now = { ...position, told, prints, answered: position.answered + answers.length }
  return moved(state, index, now, life)
}

function moved(state: State, index: number, position: Position, life: Life): State {
  const ended = life.end !== null
  const now: Position = {
    ...position,
    calls: [...life.pending],
    end: life.end,
    state: ended ? 'ended' : position.state,
  }
  if (now.end?.error !== undefined && !expected(now.end.error)) throw now.end.error
  const turns = Math.max(0, state.left.turns - (wouldTurn(state, index) ? 1 : 0))
  return {
    ...state,
    positions: state.positions.with(index, now),
    lives: state.lives.with(index, life),
    turn: index,
    abandoned: state.abandoned && !ended,
    left: { ...state.left, turns },
  }
}

/** There is nothing to resume where the row of the run was never written; a host that boots cannot be unlocked. */
const expected = (error: unknown): boolean => error instanceof UsageError || error instanceof HostUnreachable

/** The controller as its position says: the one that came here if it did not go on since, else one that is told all again. */
async function alive(parts: Parts, state: State, index: number): Promise<{ life: Life; position: Position }> {
  const position = state.positions[index]!
  const known = state.lives[index]
  if (known && known.answered === position.answered) return { life: known, position }
  return { life: await beginOne(parts, position), position }
}

function beginOne({ flaw, run }: Parts, { name, verb, told }: Pick<Position, 'name' | 'verb' | 'told'>): Promise<Life> {
  const { journal, work } = VERBS[verb]
  return beginLife({ name, journal, flaw, witness: witness(run), work: (ports) => work(run, ports), told })
}

/** The end of a change that a controller waits for. */
function hears(
  parts: Parts,
  position: Position,
  { index, lane, marker }: { index: number; lane: string; marker: number },
  world: World,
): Step {
  const host = hostOf(world, lane)
  const runs = host.unfinished?.marker === marker
  const how = runs ? 'the command ends' : 'the command was ended'
  const take = async (state: State): Promise<State> => {
    const { life } = await alive(parts, state, index)
    const call = life.pending.find((one) => one.lane === lane)!
    const answer = endOf(hostOf(state.world, lane), marker)
    await life.answer(call, answer)
    const begun = new Map(position.begun)
    begun.delete(lane)
    return afterAnswers(state, index, { position: { ...position, begun }, life, lane, answers: [answer] })
  }
  return { words: `${lane}: ${how}, and ${position.name} hears of it`, lane, looks: false, take }
}

function endOf(host: FakeHost, marker: number): Answer {
  if (host.unfinished?.marker === marker) {
    const value = finishUnfinished(host)
    return { value, print: JSON.stringify(value) }
  }
  const { state, exitCode } = host.markers[marker] ?? { state: 'gone', exitCode: null }
  if (state !== 'ended') return { error: lost(host.name), print: 'lost' }
  return { value: { kind: 'ended', timedOut: false, exitCode, stdout: '', stderr: '' }, print: `ended ${exitCode}` }
}

/** Somebody types a command: a new controller. */
export function begin(parts: Parts, verb: Verb, { rival = false } = {}): Choice {
  const take = async (state: State): Promise<State> => {
    const index = state.positions.length
    const name = 'ABCDEFGH'[index]
    if (name === undefined) throw new Error(`the run never comes to its end:\n${told(state.trail).join('\n')}`)
    const none = new Map()
    const life = await beginOne(parts, { name, verb, told: none })
    const position: Position = {
      name,
      verb,
      state: 'lives',
      told: none,
      prints: none,
      answered: 0,
      calls: [...life.pending],
      begun: none,
      end: null,
    }
    const left = rival ? { ...state.left, rivals: 0, turns: state.left.turns - 1 } : state.left
    const positions = [...state.positions, position]
    return { ...state, positions, lives: [...state.lives, life], turn: index, left }
  }
  return { words: `${rival ? 'meanwhile ' : ''}somebody types: ${VERBS[verb].typed}`, take }
}

/** A controller dies where it stands. */
export function death({ flaw }: Parts, { name }: Position, index: number): Choice {
  const take = async (state: State): Promise<State> => {
    await flaw.onDeath?.(state.world)
    const position = {
      ...state.positions[index]!,
      state: 'died' as const,
      told: NONE,
      prints: NONE,
      calls: [],
      begun: NONE,
    }
    return {
      ...state,
      positions: state.positions.with(index, position),
      lives: state.lives.with(index, undefined),
      abandoned: true,
      left: { ...state.left, deaths: state.left.deaths - 1 },
    }
  }
  return { words: `${name} dies`, take }
}

const NONE = new Map<string, never>()
