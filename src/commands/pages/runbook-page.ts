import { reboots } from '../../engine/place-steps.ts'
import { soakOf } from '../../engine/rollout/wave.ts'
import { canonical } from '../../model/json.ts'
import type { Pause, Runbook } from '../../model/runbook.ts'
import type { Step } from '../../model/step.ts'
import { typeText } from '../parameters/type-text.ts'
import type { Declared } from '../parameters.ts'

/** All that can be said of a runbook without a host, for the terminal and for the documentation. */
export interface RunbookPage {
  readonly name: string
  readonly summary: string
  readonly purpose: string
  readonly sections: readonly PageSection[]
}

export interface PageSection {
  readonly title: string
  readonly entries: readonly PageEntry[]
}

export interface PageEntry {
  /** What the entry is about; empty for a plain sentence. */
  readonly term: string
  readonly text: string
  /** How many brackets are around a step. */
  readonly depth: number
}

type Described = Omit<Runbook, 'params' | 'steps'>

/** The page of a runbook; without steps where these need parameters that have no default. Empty sections are left out. */
export function runbookPage(
  runbook: Described,
  declared: readonly Declared[],
  steps: readonly Step[] | null,
): RunbookPage {
  const { name, summary, about, risks, guards } = runbook
  const sections = [
    {
      title: 'Changes',
      entries: (about.changes.length > 0 ? about.changes : ['Nothing: it only looks.']).map(sentence),
    },
    { title: 'Guests notice', entries: nonEmpty(about.guests).map(sentence) },
    { title: 'Risks', entries: risks.map(sentence) },
    { title: 'Undo', entries: nonEmpty(about.undo).map(sentence) },
    { title: 'Rollout', entries: rolloutText(runbook, steps).map(sentence) },
    { title: 'Parameters', entries: declared.map(parameter) },
    { title: 'Steps', entries: steps?.flatMap((step) => stepEntries(step)) ?? [sentence(NO_STEPS)] },
    {
      title: 'Guards',
      entries: Object.entries(guards).map(([code, { meaning, remedy, absolute }]) => {
        const absolutely = absolute ? ' Cannot be overridden.' : ''
        return { term: code, text: `${meaning} ${remedy}${absolutely}`, depth: 0 }
      }),
    },
  ]
  return { name, summary, purpose: about.purpose, sections: sections.filter(({ entries }) => entries.length > 0) }
}

const NO_STEPS = 'They depend on parameters that have no default: runbook plan shows them.'

const sentence = (text: string): PageEntry => ({ term: '', text, depth: 0 })
const nonEmpty = (text: string): readonly string[] => (text === '' ? [] : [text])

function parameter({ name, type, description, default: value, required }: Declared): PageEntry {
  const standard = value === undefined ? (required ? ' (required)' : ' (optional)') : ` = ${canonical(value)}`
  return { term: name, text: `${typeText(type)}${standard}${description ? `. ${description}` : ''}`, depth: 0 }
}

const PAUSES: Readonly<Record<Pause, string>> = {
  never: '',
  'after-canary': '; a person looks at the first batch before the next',
  'each-batch': '; a person looks at each batch before the next',
}

function rolloutText({ hosts, rollout, onFailure }: Described, steps: readonly Step[] | null): readonly string[] {
  const batches = rollout.batches ?? (steps && reboots(steps) ? [1] : ['100%'])
  const [first] = batches
  const oneByOne = batches.length === 1 && first === 1
  const sizes = oneByOne
    ? 'one host after the other'
    : first === '100%'
      ? 'all hosts side by side'
      : batches.join(', then ')
  const failed = rollout.maxFailed ?? 0
  const stop = failed === 0 ? 'the first host that fails stops it' : `it stops when more than ${failed} failed`
  const pause = PAUSES[rollout.pause ?? 'never']
  const soak = soakOf(rollout) > 0 ? `; each batch is left to itself for ${rollout.soak} before the next` : ''
  const back = onFailure === 'rollback' ? '; a host whose step fails is rolled back at once' : ''
  return [`For the hosts "${hosts}", ${sizes}; ${stop}${pause}${soak}${back}.`]
}

function stepEntries(step: Step, depth = 0): readonly PageEntry[] {
  const own = { term: step.id, text: stepText(step), depth }
  return step.kind === 'during' ? [own, ...step.steps.flatMap((inner) => stepEntries(inner, depth + 1))] : [own]
}

/** What kind of step it is, and what rollback does with it. */
function stepText(step: Step): string {
  switch (step.kind) {
    case 'gate':
      return 'guard'
    case 'audit':
      return 'look'
    case 'reboot':
      return 'restart of the host; in rollback with --reboot alone'
    case 'once':
      return `${step.does}; in every run, and not undone`
    case 'during':
      return step.afterFailure === 'keep'
        ? 'around these; ended when all of them are proved'
        : 'around these; ended whatever happens inside'
    case 'step':
      return undoText(step)
    case 'guarded':
      return `${undoText(step)}; the host puts it back by itself unless it is heard again within ${step.within}`
  }
}

function undoText({ rollback, settle }: Pick<Extract<Step, { kind: 'step' }>, 'rollback' | 'settle'>): string {
  if (rollback) return 'change, undone by rollback'
  return settle ? 'follows from changes before it, in rollback too' : 'change, kept by rollback'
}
