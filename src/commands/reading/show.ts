import type { Step } from '../../model/step.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { type LoadedRunbook, loadRunbook, usableNames } from '../find.ts'
import { defaultSteps } from '../pages/read-page.ts'
import { type PageEntry, type RunbookPage, runbookPage } from '../pages/runbook-page.ts'
import { type Declared, declaredParameters } from '../parameters.ts'
import { findProject } from '../project/find-project.ts'
import type { Verb } from '../verb.ts'

/** What a runbook does, and what it asks and risks. Without a name, all runbooks. */
export const show: Verb = {
  words: ['[runbook]'],
  flags: ['json'],
  examples: [
    ['runbook show', 'all runbooks: of this project, and those that come with the product'],
    ['runbook show hugepages-1g', 'purpose, changes, risks, undo, parameters, steps, guards'],
  ],
  async act({ operator, options, words: [name] }) {
    const project = await findProject(operator.folder)
    if (name === undefined) {
      for (const one of await usableNames(project)) {
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
    const lines = options.json
      ? [JSON.stringify({ type: 'runbook', ...described(loaded, declared, steps) })]
      : shownText(runbookPage(loaded.runbook, declared, steps), operator.dataLook())
    for (const line of lines) operator.put(line)
    return 0
  },
}

function described({ runbook }: LoadedRunbook, declared: readonly Declared[], steps: readonly Step[] | null): object {
  const { name, summary, about, hosts, rollout, onFailure, guards, risks } = runbook
  return {
    name,
    summary,
    about,
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

function shownText({ name, summary, purpose, sections }: RunbookPage, look: Look): readonly string[] {
  const entry = ({ term, text, depth }: PageEntry): readonly string[] => {
    const indent = 2 + 2 * depth
    return wrapText(`${' '.repeat(indent)}${term === '' ? '' : `${term}: `}${text}`, look.columns, indent + 2)
  }
  return [
    ...wrapText(`${look.paint('strong', name)}: ${summary}`, look.columns, 2),
    ...(purpose === '' ? [] : wrapText(purpose, look.columns, 0)),
    ...sections.flatMap(({ title, entries }) => ['', look.paint('strong', title), ...entries.flatMap(entry)]),
  ]
}
