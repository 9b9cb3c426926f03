import { duplicateIds, idsOf, placeSteps } from '../../engine/place-steps.ts'
import type { BundleFile } from '../../engine/ports.ts'
import { UsageError } from '../../model/errors.ts'
import type { Runbook } from '../../model/runbook.ts'
import type { Step } from '../../model/step.ts'

/** The runbook that a module exports by default. Throws UsageError for anything else. */
export function runbookOf(module: unknown, shown: string): Runbook {
  const exported = (module as { default?: unknown }).default
  const parts = exported as Partial<Record<keyof Runbook, unknown>> | null | undefined
  const whole =
    typeof parts === 'object' &&
    parts !== null &&
    typeof parts.name === 'string' &&
    typeof parts.steps === 'function' &&
    typeof parts.hosts === 'string' &&
    typeof parts.params === 'object'
  if (!whole) {
    throw new UsageError(`${shown}: it exports no runbook`, {
      remedy: 'Write: export default defineRunbook({ name, summary, hosts, params, steps })',
    })
  }
  // defineRunbook is the only way to these parts; what was left out of it was seen above.
  return exported as Runbook
}

/**
 * The steps for some parameters. Throws UsageError where their ids are not usable: twice the same, or others each
 * time that they are asked for. The journal knows steps by their ids alone.
 */
export function checkedSteps(runbook: Runbook, params: unknown, files: readonly BundleFile[]): readonly Step[] {
  const steps = runbook.steps(params)
  const twice = duplicateIds(steps)
  if (twice.length > 0) throw new UsageError(twice.map((id) => twiceText(runbook.name, id, files)))
  const again = idsOf(runbook.steps(params))
  if (JSON.stringify(again) !== JSON.stringify(idsOf(steps))) {
    throw new UsageError(
      `runbook ${runbook.name}: steps() gives other ids each time for the same parameters. They must be the same: ` +
        'the journal uses them.',
    )
  }
  return steps
}

/** Throws UsageError for guards without a meaning or a remedy, with the lines that name them. */
export function checkGuards({ name, guards }: Runbook, files: readonly BundleFile[]): void {
  const silent = Object.entries(guards).filter(([, { meaning, remedy }]) => meaning === '' || remedy === '')
  if (silent.length === 0) return
  throw new UsageError(
    silent.map(([code]) => {
      const places = placesOf(files, (line) => line.split(/\W/).includes(code))
      return `${places[0] ?? name}: the guard ${code} explains nothing: it needs a meaning and a remedy`
    }),
  )
}

/** Throws UsageError where one id names steps of different kinds for different parameters. */
export function checkOneSet(runbook: Runbook, lists: readonly (readonly Step[])[]): void {
  const kinds = new Map<string, Step['kind']>()
  for (const { step } of lists.flatMap((steps) => placeSteps(steps))) {
    const kind = kinds.get(step.id) ?? step.kind
    kinds.set(step.id, kind)
    if (kind === step.kind) continue
    throw new UsageError(
      `runbook ${runbook.name}: "${step.id}" is a ${kind} for some hosts and a ${step.kind} for others`,
    )
  }
}

function twiceText(runbook: string, id: string, files: readonly BundleFile[]): string {
  const quoted = [`'${id}'`, `"${id}"`, `\`${id}\``]
  const places = placesOf(files, (line) => quoted.some((word) => line.includes(word)))
  const where = places.length > 0 ? ` (${places.join(' and ')})` : ''
  return `runbook ${runbook}: two steps are called "${id}"${where}. Ids must be unique: the journal uses them.`
}

/** `thp.ts:12` for each line that is meant. */
const placesOf = (files: readonly BundleFile[], isMeant: (line: string) => boolean): readonly string[] =>
  files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (isMeant(line) ? [`${path}:${index + 1}`] : [])),
  )
