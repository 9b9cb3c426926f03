import { canonical } from '../../model/json.ts'
import type { Step } from '../../model/step.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { type LoadedRunbook, loadRunbook, runbookNames } from '../find.ts'
import type { DeclaredType } from '../parameters/read-by-type.ts'
import { type Declared, declaredParameters } from '../parameters.ts'
import { checkedSteps } from '../project/check-runbook.ts'
import { findProject } from '../project/find-project.ts'
import type { Verb } from '../verb.ts'

/** What a runbook does: parameters, steps, guards. Without a name, all runbooks. */
export const show: Verb = {
  words: ['[runbook]'],
  flags: ['json'],
  examples: [
    ['runbook show', 'all runbooks of this project'],
    ['runbook show hugepages-1g', 'its parameters, steps and guards'],
  ],
  async act({ operator, options, words: [name] }) {
    const project = await findProject(operator.folder)
    if (name === undefined) {
      for (const one of await runbookNames(project)) {
        const { runbook } = await loadRunbook(one, project)
        operator.put(
          options.json
            ? JSON.stringify({ type: 'runbook', name: one, summary: runbook.summary })
            : `${one}: ${runbook.summary}`,
        )
      }
      return 0
    }
    const loaded = await loadRunbook(name, project)
    const declared = (await declaredParameters(loaded.runbook)) ?? []
    const steps = await defaultSteps(loaded)
    if (options.json) operator.put(JSON.stringify({ type: 'runbook', ...described(loaded, declared, steps) }))
    else for (const line of shownText(loaded, declared, steps, operator.dataLook())) operator.put(line)
    return 0
  },
}

/** The steps for default parameters, or null where some parameter has no default. */
async function defaultSteps({ runbook, files }: LoadedRunbook): Promise<readonly Step[] | null> {
  const result = await runbook.params['~standard'].validate({})
  return result.issues ? null : checkedSteps(runbook, result.value, files)
}

function described({ runbook }: LoadedRunbook, declared: readonly Declared[], steps: readonly Step[] | null): object {
  const { name, summary, hosts, rollout, onFailure, guards, risks } = runbook
  return {
    name,
    summary,
    hosts,
    rollout,
    onFailure,
    risks,
    guards,
    params: declared,
    steps: steps?.map(shortStep) ?? null,
  }
}

const shortStep = ({ id, kind }: Step): object => ({ id, kind })

function shownText(
  { runbook }: LoadedRunbook,
  declared: readonly Declared[],
  steps: readonly Step[] | null,
  look: Look,
): readonly string[] {
  const { name, summary, hosts, risks, guards } = runbook
  const title = (text: string) => ['', look.paint('strong', text)]
  const entry = (text: string) => wrapText(`  ${text}`, look.columns, 4)
  return [
    ...wrapText(`${look.paint('strong', name)}: ${summary}`, look.columns, 2),
    `for the hosts "${hosts}"`,
    ...(risks.length > 0 ? wrapText(`risks: ${risks.join('; ')}`, look.columns, 2) : []),
    ...title('Parameters'),
    ...declared.flatMap((one) =>
      entry(`${one.name}: ${typeText(one.type)}${defaultText(one)}${one.description ? `. ${one.description}` : ''}`),
    ),
    ...title('Steps'),
    ...(steps?.flatMap(stepText).flatMap(entry) ?? entry('they depend on parameters that have no default')),
    ...title('Guards'),
    ...Object.entries(guards).flatMap(([code, { meaning, absolute }]) =>
      entry(`${code}${absolute ? ' (absolute)' : ''}: ${meaning}`),
    ),
  ]
}

const stepText = (step: Step): readonly string[] =>
  step.kind === 'during'
    ? [`${step.id} (during)`, ...step.steps.flatMap(stepText).map((id) => `  ${id}`)]
    : [`${step.id}${step.kind === 'step' ? '' : ` (${step.kind})`}`]

const defaultText = (declared: Declared): string =>
  declared.default === undefined ? '' : ` = ${canonical(declared.default)}`

function typeText({ type, enum: values, anyOf, oneOf }: DeclaredType): string {
  if (values) return values.map((value) => canonical(value)).join(' | ')
  const inner = [...(anyOf ?? []), ...(oneOf ?? [])]
  if (inner.length > 0) return inner.map(typeText).join(' | ')
  return type === undefined ? 'anything' : [type].flat().join(' | ')
}
