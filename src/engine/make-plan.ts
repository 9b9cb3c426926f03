import type { Check } from '../model/check.ts'
import { canonical, type Json } from '../model/json.ts'
import { info } from '../model/note.ts'
import type { HostPlan, PlannedStep, StepDiff } from '../model/plan.ts'
import type { Step } from '../model/step.ts'
import { spareOwnMachine } from './own-machine.ts'
import { placeSteps, type SingleStep } from './place-steps.ts'
import type { Connection, Ports } from './ports.ts'
import { makeProbe } from './session/session.ts'
import { askGates, askStep, type Overrides, overriddenCode } from './steps/ask-step.ts'

/** A host's plan with the texts that only the terminal may see. */
export type PlannedHost = HostPlan & { readonly diffs: readonly StepDiff[] }

/** A step and what it answered. */
export interface AnsweredStep {
  readonly step: SingleStep
  readonly check: Check
}

/** Asks all steps of a host at once, so that their questions travel together, and decides what the answers mean. */
export async function planHost(parts: {
  readonly host: string
  readonly steps: readonly Step[]
  readonly connection: Connection
  readonly overrides: Overrides
  readonly ports: Pick<Ports, 'cloud' | 'reveal' | 'ownBoot'>
  /** Once-steps that have already ended in this run. */
  readonly done?: ReadonlySet<string>
}): Promise<PlannedHost> {
  const probe = makeProbe({ host: { name: parts.host }, ports: parts.ports }, parts.connection)
  const answers = await Promise.all(
    placeSteps(parts.steps).map(async ({ step, brackets }): Promise<AnsweredStep> => {
      const brought = brackets.flatMap(({ brings = [] }) => brings)
      const own = 'before' in step ? step.before?.filter(({ id }) => !brought.includes(id)) : undefined
      const gates = own ? askGates(own, probe, parts.overrides) : null
      const [answer, stop] = await Promise.all([askStep(step, probe, parts.overrides, parts.done?.has(step.id)), gates])
      const check = await spareOwnMachine(step, answer, parts.connection, parts.ports)
      // A step's own gates speak only where the step would act.
      return { step, check: stop && check.state !== 'satisfied' ? stop : check }
    }),
  )
  return decidePlan(parts.host, answers)
}

/** What the answers of all steps of one host mean together. */
export async function decidePlan(host: string, answers: readonly AnsweredStep[]): Promise<PlannedHost> {
  const steps = answers.map(({ step, check }, index) => {
    const before = answers.slice(0, index)
    const after = answers.slice(index + 1)
    return planned(step, asPlanned(step, check, { before, after }), before.some(pending))
  })
  const stop = steps.find(({ state }) => state === 'blocked')
  const state = stop ? 'blocked' : steps.some(({ state }) => state !== 'satisfied') ? 'ready' : 'satisfied'
  const reason = stop ? { code: stop.code ?? 'E_BLOCKED', text: stop.text, remedy: stop.remedy ?? '' } : {}
  const diffs = answers.flatMap(({ step, check }) =>
    check.state === 'needed' && check.diff
      ? [{ host, step: step.id, before: check.diff[0], after: check.diff[1] }]
      : [],
  )
  // PlannedStep is plain data of strings, so it is Json; interfaces lack the index signature that says so.
  const hash = await hashOf(steps as unknown as Json)
  return { host, state, steps, ...reason, hash, diffs }
}

const pending = ({ check }: AnsweredStep): boolean => check.state === 'needed' || check.state === 'deferred'

/** How an answer reads within the whole plan: gates that guard nothing become notes, restarts follow their cause. */
function asPlanned(
  step: SingleStep,
  check: Check,
  around: { readonly before: readonly AnsweredStep[]; readonly after: readonly AnsweredStep[] },
): Check {
  if (check.state === 'blocked' && step.kind === 'gate' && !around.after.some(pending)) {
    const note = info(check.code, check.because)
    return { state: 'satisfied', because: 'nothing that it guards is pending', notes: [...check.notes, note] }
  }
  if (check.state === 'satisfied' && check.watches !== undefined) {
    const noticed = around.before.some(
      (other) => other.check.state === 'needed' && other.check.readBy === check.watches,
    )
    if (noticed) return { state: 'deferred', until: `will restart ${check.watches}`, notes: check.notes }
  }
  return check
}

function planned(step: SingleStep, check: Check, behindChange: boolean): PlannedStep {
  const overridden = overriddenCode(check)
  return {
    step: step.id,
    kind: step.kind,
    state: check.state,
    text: textOf(check),
    ...(check.state === 'blocked' ? { code: check.code, remedy: check.remedy } : {}),
    certainty: check.state === 'satisfied' && behindChange ? 'as-of-now' : 'certain',
    ...(overridden ? { overridden } : {}),
    ...(check.state === 'needed' && check.readBy ? { readBy: check.readBy } : {}),
    notes: check.notes,
  }
}

function textOf(check: Check): string {
  if (check.state === 'satisfied') return check.because
  if (check.state === 'needed') return check.change
  return check.state === 'deferred' ? check.until : check.because
}

/** A plan for a host that gave no answer. */
export async function unreachablePlan(
  host: string,
  error: { code: string; message: string; remedy: string },
): Promise<HostPlan> {
  const { code, message: text, remedy } = error
  return { host, state: 'unreachable', steps: [], code, text, remedy, hash: await hashOf({ code, text }) }
}

async function hashOf(value: Json): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonical(value)))
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
