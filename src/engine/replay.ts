import type {
  Act,
  ClaimEvent,
  Direction,
  IntentEvent,
  ProvedEvent,
  Recorded,
  ReleaseEvent,
  Token,
} from '../model/event.ts'
import type { Json } from '../model/json.ts'
import type { StepResult } from '../model/outcome.ts'
import type { HostPlan } from '../model/plan.ts'

/** What the journal knows about one host in one run. */
export interface HostState {
  readonly plan: HostPlan | null
  readonly approved: string | null
  /** The latest token that the host gave in this run. */
  readonly token: Token | null
  /** The boot in which it gave that one. */
  readonly bootId: string | null
  /** It was claimed in more than one boot: what was changed before may be what runs now, whoever booted it. */
  readonly booted: boolean
  readonly direction: Direction
  /** Who sent it back: the runbook's onFailure, or a person. Null while it goes forward. */
  readonly sentBackBy: 'runbook' | 'person' | null
  /** `rollback --reboot` was typed: a settle may reboot. */
  readonly mayRebootBack: boolean
  readonly attempts: readonly Attempt[]
  /** Steps that were as wished when their turn came, by id; of one that was so more than once, the last counts. */
  readonly proved: readonly (readonly [step: string, Proved])[]
  /** Steps whose next reboot attempt was allowed by hand, with the number of attempts it allows. */
  readonly rebootsAllowed: number
  /** What a person decided of steps in doubt; `rerun` until it has begun again. */
  readonly resolutions: Readonly<Record<string, 'done' | 'rerun' | 'fail'>>
  /** The result, until a resume or a rollback opens the host again. */
  readonly release: ReleaseEvent | null
  /** The latest result, also after the host was opened again: a resume takes failed hosts up first. */
  readonly lastRelease: ReleaseEvent | null
}

/** By what evidence a step was as wished. */
export type Proved = Pick<ProvedEvent, 'text' | 'notes'>

/** One attempt at one act of one step. `begun` until it is known to have ended or never to have started. */
export interface Attempt {
  readonly step: string
  readonly act: Act
  readonly attempt: number
  readonly found: Json
  readonly reboot: IntentEvent['reboot'] | null
  /** Milliseconds of the dead-man's switch of a step or a bracket, which was armed or was about to be. */
  readonly switchWithin: number | null
  /** Of entering a bracket: what its unpaid leaving means. */
  readonly owes: string | null
  readonly state: 'begun' | 'void' | 'ended'
  readonly result: StepResult | null
  readonly milliseconds: number
}

/** A bracket that was entered and not yet left, with what was found first. */
export interface Debt {
  readonly step: string
  readonly found: Json
  readonly owes: string | null
}

const NOTHING: HostState = {
  plan: null,
  approved: null,
  token: null,
  bootId: null,
  booted: false,
  direction: 'forward',
  sentBackBy: null,
  mayRebootBack: false,
  attempts: [],
  proved: [],
  rebootsAllowed: 0,
  resolutions: {},
  release: null,
  lastRelease: null,
}

/** The state of one host from its rows and the run-wide ones, in order. */
export function replay(host: string, rows: readonly Recorded[]): HostState {
  return rows.reduce((state, row) => fold(host, state, row), NOTHING)
}

/** The states of all hosts of a run from all its rows, in order: each row is looked at by its own host alone. */
export function replayAll(hosts: readonly string[], rows: readonly Recorded[]): ReadonlyMap<string, HostState> {
  const states = new Map(hosts.map((host) => [host, NOTHING]))
  for (const row of rows) {
    const concerned = 'host' in row && row.host !== undefined ? [row.host] : hosts
    for (const host of concerned) {
      const state = states.get(host)
      if (state) states.set(host, fold(host, state, row))
    }
  }
  return states
}

/** The state after one more row. Rows of other hosts change nothing. */
export function fold(host: string, state: HostState, row: Recorded): HostState {
  if ('host' in row && row.host !== undefined && row.host !== host) return state
  switch (row.type) {
    case 'run':
      return state
    case 'planned':
      return { ...state, plan: row.plan }
    case 'approved':
      return row.plans[host] === undefined ? state : { ...state, approved: row.plans[host] }
    case 'claim':
      return { ...state, token: row.token, ...boot(state, row) }
    case 'intent': {
      const { step, act, attempt, found, reboot = null, switchWithin = null, owes = null } = row
      const begun: Attempt = {
        step,
        act,
        attempt,
        found,
        reboot,
        switchWithin,
        owes,
        state: 'begun',
        result: null,
        milliseconds: 0,
      }
      return { ...state, attempts: [...state.attempts, begun], resolutions: spent(state.resolutions, begun) }
    }
    case 'void':
      return { ...state, attempts: ending(state.attempts, row, (attempt) => ({ ...attempt, state: 'void' })) }
    case 'outcome': {
      const { result, milliseconds } = row
      return {
        ...state,
        attempts: ending(state.attempts, row, (at) => ({ ...at, state: 'ended', result, milliseconds })),
      }
    }
    case 'proved': {
      const { step, text, notes } = row
      // A list that grows: with an object by ids a runbook of thousands of steps would take hours.
      return { ...state, proved: [...state.proved, [step, { text, notes }]] }
    }
    case 'release':
      return { ...state, release: row, lastRelease: row }
    case 'control':
      return control(state, row)
  }
}

const boot = (state: HostState, { bootId }: ClaimEvent): Pick<HostState, 'bootId' | 'booted'> => ({
  bootId,
  booted: state.booted || (state.bootId !== null && state.bootId !== bootId),
})

/** Leave to run again is for one attempt: where nobody saw the end of that one either, a person is asked again. */
function spent(resolutions: HostState['resolutions'], { step }: Attempt): HostState['resolutions'] {
  if (resolutions[step] !== 'rerun') return resolutions
  const { [step]: _spent, ...others } = resolutions
  return others
}

function control(state: HostState, row: Recorded & { type: 'control' }): HostState {
  // Control rows carry plain objects that this engine and the commands write; see ControlEvent.
  const data = (row.data ?? {}) as {
    readonly step?: string
    readonly as?: 'done' | 'rerun' | 'fail'
    readonly reboot?: boolean
    readonly by?: 'runbook'
  }
  switch (row.action) {
    case 'back':
      if (row.host === undefined) return state
      return {
        ...state,
        direction: 'back',
        sentBackBy: data.by ?? 'person',
        mayRebootBack: data.reboot === true,
        release: null,
      }
    case 'resume':
      return row.host === undefined ? state : { ...state, release: null }
    case 'reboot-again':
      return row.host === undefined ? state : { ...state, rebootsAllowed: state.rebootsAllowed + 1 }
    case 'resolve':
      if (data.step === undefined || data.as === undefined) return state
      return { ...state, resolutions: { ...state.resolutions, [data.step]: data.as } }
    default:
      return state
  }
}

function ending(
  attempts: readonly Attempt[],
  row: { step: string; act: Act; attempt: number },
  end: (attempt: Attempt) => Attempt,
): readonly Attempt[] {
  return attempts.map((one) =>
    one.step === row.step && one.act === row.act && one.attempt === row.attempt ? end(one) : one,
  )
}

/** Attempts that reached the host, of a step and an act. */
export const begunAttempts = (state: HostState, step: string, act: Act): readonly Attempt[] =>
  state.attempts.filter((one) => one.step === step && one.act === act && one.state !== 'void')

/** What the first begun attempt found: undo goes by it. */
export const firstFound = (state: HostState, step: string): Json =>
  begunAttempts(state, step, 'apply')[0]?.found ?? null

/** The number of the next attempt. Void ones count: their markers' names are taken. */
export const nextAttempt = (state: HostState, step: string, act: Act): number =>
  state.attempts.filter((one) => one.step === step && one.act === act).length + 1

/** Did any change of this run reach the host? */
export const touched = (state: HostState): boolean => state.attempts.some(({ state: end }) => end !== 'void')

/** Brackets entered and not paid, in the order of entering. */
export function debts(state: HostState): readonly Debt[] {
  const open = new Map<string, Debt>()
  for (const { step, act, state: end, result, found, owes } of state.attempts) {
    if (act === 'enter' && end !== 'void' && !open.has(step)) open.set(step, { step, found, owes })
    if (act === 'leave' && result?.outcome === 'paid') open.delete(step)
  }
  return [...open.values()]
}

/** The attempt at a guarded step, or at this one, whose switch nobody has met since. */
export const openSwitch = (state: HostState, step?: string): Attempt | null =>
  state.attempts.find(
    (one) => one.switchWithin !== null && one.state === 'begun' && (step === undefined || one.step === step),
  ) ?? null

/** The reboot that was written down and has no outcome yet. */
export function openCheckpoint(state: HostState): Attempt | null {
  return state.attempts.find((one) => one.reboot !== null && one.state === 'begun') ?? null
}
