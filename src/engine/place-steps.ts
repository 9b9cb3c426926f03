import type { During, Step } from '../model/step.ts'

/** A step of the flat list, and the bracket around it. */
export interface PlacedStep {
  readonly step: SingleStep
  readonly bracket: During | null
}

export type SingleStep = Exclude<Step, During>

/** The flat list of steps in running order; a bracket's steps stand in its place. */
export function placeSteps(steps: readonly Step[]): readonly PlacedStep[] {
  return steps.flatMap((step): PlacedStep[] =>
    step.kind === 'during' ? step.steps.map((inner) => ({ step: inner, bracket: step })) : [{ step, bracket: null }],
  )
}

/** Ids that occur more than once, brackets and carried gates included: the journal tells steps apart by them. */
export function duplicateIds(steps: readonly Step[]): readonly string[] {
  const ids = steps.flatMap((step) =>
    step.kind === 'during' ? [step.id, ...step.steps.map(({ id }) => id)] : [step.id],
  )
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))]
}

/** Does any step reboot the host? Then hosts go one at a time unless the rollout says otherwise. */
export const reboots = (steps: readonly Step[]): boolean => placeSteps(steps).some(({ step }) => step.kind === 'reboot')
