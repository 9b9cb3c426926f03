import type { During, Step } from '../model/step.ts'

/** A step of the flat list, and the brackets around it, the outermost first. */
export interface PlacedStep {
  readonly step: SingleStep
  readonly brackets: readonly During[]
}

export type SingleStep = Exclude<Step, During>

/** The flat list of steps in running order; a bracket's steps stand in its place. */
export function placeSteps(steps: readonly Step[], brackets: readonly During[] = []): readonly PlacedStep[] {
  return steps.flatMap((step): readonly PlacedStep[] =>
    step.kind === 'during' ? placeSteps(step.steps, [...brackets, step]) : [{ step, brackets }],
  )
}

/** All brackets in running order, each before those inside it. */
export const bracketsOf = (steps: readonly Step[]): readonly During[] =>
  steps.flatMap((step) => (step.kind === 'during' ? [step, ...bracketsOf(step.steps)] : []))

/** All ids in running order, those of brackets before those of their steps. */
export const idsOf = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((step) => (step.kind === 'during' ? [step.id, ...idsOf(step.steps)] : [step.id]))

/** Ids that occur more than once, those of brackets included: the journal tells steps apart by them. */
export function duplicateIds(steps: readonly Step[]): readonly string[] {
  const ids = idsOf(steps)
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))]
}

/** Does any step reboot the host? Then hosts go one at a time unless the rollout says otherwise. */
export const reboots = (steps: readonly Step[]): boolean => placeSteps(steps).some(({ step }) => step.kind === 'reboot')
