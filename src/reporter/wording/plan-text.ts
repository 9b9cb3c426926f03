import type { Note } from '../../model/note.ts'
import type { HostPlan, PlannedStep, StepDiff } from '../../model/plan.ts'
import { printable, printableLine } from '../../model/printable.ts'
import { whyText } from '../wording.ts'
import { blankValues, type ShownKeys } from './blank-values.ts'
import { diffLines } from './diff-lines.ts'
import { foldHostsToRead } from './fold-hosts.ts'
import type { Look, Tone } from './paint.ts'
import { speakOfAll } from './speak-of-all.ts'
import { width, wrapText } from './wrap-text.ts'

/** What a plan shows. Texts of hosts and files are neutralised here. */
export interface PlanToShow {
  readonly plans: readonly HostPlan[]
  readonly diffs: readonly StepDiff[]
  /** Keys whose values may be seen in comparisons. */
  readonly shownKeys: ShownKeys
}

/** The seven signs of a plan. */
const SIGNS = {
  fine: ['✓', 'good'],
  fineForNow: ['≈', 'quiet'],
  change: ['~', 'change'],
  restart: ['↻', 'change'],
  later: ['…', 'quiet'],
  stop: ['✗', 'bad'],
  overridden: ['!', 'loud'],
} as const satisfies Record<string, readonly [string, Tone]>

/** A plan as lines: hosts with the same answers stand together, those with changes first. */
export function planText({ plans, diffs, shownKeys }: PlanToShow, look: Look): readonly string[] {
  const ofHost = Map.groupBy(diffs, ({ host }) => host)
  const diffsOf = (host: string): readonly StepDiff[] => ofHost.get(host) ?? []
  const groups = Map.groupBy(plans, (plan) => sameAnswer(plan, diffsOf(plan.host)))
  const ordered = [...groups.values()].sort((a, b) => rank(a[0]) - rank(b[0]))
  return ordered.flatMap((group, index) => {
    const [first] = group
    if (!first) return []
    const names = group.map(({ host }) => host)
    const plan = group.length > 1 ? speakOfAll(first, first.host, names) : first
    const lines = groupText(plan, names, diffsOf(first.host), shownKeys, look)
    return index === 0 ? lines : ['', ...lines]
  })
}

const RANKS: Readonly<Record<HostPlan['state'], number>> = { ready: 0, satisfied: 1, blocked: 2, unreachable: 3 }
const rank = (plan: HostPlan | undefined): number => (plan ? RANKS[plan.state] : 0)

/** Everything that is shown of a plan but the host's own name. */
function sameAnswer(plan: HostPlan, diffs: readonly StepDiff[]): string {
  const { state, code, text, steps } = speakOfAll(plan, plan.host, [])
  return JSON.stringify([state, code, text, steps, diffs.map(({ step, before, after }) => [step, before, after])])
}

function groupText(
  plan: HostPlan,
  names: readonly string[],
  diffs: readonly StepDiff[],
  shownKeys: ShownKeys,
  look: Look,
): readonly string[] {
  const who = look.paint('strong', foldHostsToRead(names, look)) + (names.length > 1 ? ` (${names.length} hosts)` : '')
  const title = wrapText(`${who}: ${standing(plan, look)}`, look.columns, 2)
  if (plan.state === 'unreachable') return [...title, ...remedyLines(plan.remedy, 2, look)]
  if (plan.state === 'satisfied') return [...title, ...plan.steps.flatMap((step) => asideText(step, look))]
  const shown = plan.steps.filter((step) => !isPlain(step))
  const longest = Math.max(...shown.map(({ step }) => step.length))
  return [
    ...title,
    ...plainLines(plan.steps.filter(isPlain), look),
    ...shown.flatMap((step) => stepText(step, longest, diffs, shownKeys, look)),
  ]
}

/** Satisfied without a doubt and without a remark: its name is enough. */
const isPlain = ({ state, certainty, notes, overridden }: PlannedStep): boolean =>
  state === 'satisfied' && certainty === 'certain' && notes.length === 0 && !overridden

function plainLines(steps: readonly PlannedStep[], look: Look): readonly string[] {
  if (steps.length === 0) return []
  const [sign, tone] = SIGNS.fine
  return wrapText(`  ${look.paint(tone, sign)} ${steps.map(({ step }) => step).join(', ')}`, look.columns, 4)
}

function standing(plan: HostPlan, look: Look): string {
  if (plan.state === 'satisfied') return look.paint('good', 'nothing to do')
  if (plan.state === 'unreachable') return `${look.paint('bad', 'gave no answer')}, ${whyText(plan.host, plan)}`
  if (plan.state === 'blocked') return `${look.paint('bad', 'blocked')} by ${plan.code ?? 'a gate'}, nothing is changed`
  const pending = plan.steps.filter(({ state }) => state === 'needed' || state === 'deferred')
  const sure = pending.filter(({ state }) => state === 'needed').length
  const later = pending.length - sure
  const reboots = pending.some(({ kind }) => kind === 'reboot') ? ', with a reboot' : ''
  return look.paint('change', `${sure} to change${later > 0 ? `, ${later} known later` : ''}${reboots}`)
}

/** Notes and overridden guards show also on a host with nothing to do. */
function asideText(step: PlannedStep, look: Look): readonly string[] {
  if (step.notes.length === 0 && !step.overridden) return []
  return stepText(step, step.step.length, [], new Set(), look)
}

function stepText(
  step: PlannedStep,
  longest: number,
  diffs: readonly StepDiff[],
  shownKeys: ShownKeys,
  look: Look,
): readonly string[] {
  const [sign, tone] = SIGNS[signOf(step)]
  const head = `  ${look.paint(tone, sign)} ${step.step.padEnd(longest)}`
  const plain = `${step.code ? `${step.code}: ` : ''}${said(step)}`
  const text = step.overridden ? look.paint('loud', plain) : plain
  const beside = width(head) + 2
  const lines =
    look.columns < beside + 28
      ? [head.trimEnd(), ...wrapText(`      ${text}`, look.columns, 6)]
      : wrapText(`${head}  ${text}`, look.columns, beside)
  return [
    ...lines,
    ...remedyLines(step.remedy, 6, look),
    ...step.notes.flatMap((note) => noteLines(note, 6, look)),
    ...diffs.filter((diff) => diff.step === step.step).flatMap((diff) => diffText(diff, shownKeys, look)),
  ]
}

function signOf({ state, kind, certainty, overridden, text }: PlannedStep): keyof typeof SIGNS {
  if (overridden) return 'overridden'
  if (state === 'blocked') return 'stop'
  if (state === 'satisfied') return certainty === 'as-of-now' ? 'fineForNow' : 'fine'
  if (kind === 'reboot') return 'restart'
  if (state === 'deferred') return text.startsWith('will ') ? 'restart' : 'later'
  return 'change'
}

function said({ state, certainty, text }: PlannedStep): string {
  const line = printableLine(text)
  if (state === 'deferred') return line.startsWith('will ') ? line : `known after ${line}`
  return state === 'satisfied' && certainty === 'as-of-now' ? `${line} (as of now)` : line
}

/** What a person can do, indented. Nothing where nothing is known. */
export function remedyLines(remedy: string | undefined, indent: number, look: Look): readonly string[] {
  if (!remedy) return []
  return wrapText(`${' '.repeat(indent)}→ ${printableLine(remedy)}`, look.columns, indent + 2)
}

const NOTE_TONES: Readonly<Record<Note['level'], Tone>> = { info: 'quiet', warning: 'change', error: 'bad' }

/** A note with its code, indented. */
export function noteLines({ code, level, text }: Note, indent: number, look: Look): readonly string[] {
  const line = `${' '.repeat(indent)}${look.paint(NOTE_TONES[level], code)}: ${printableLine(text)}`
  return wrapText(line, look.columns, indent + 2)
}

function diffText({ before, after }: StepDiff, shownKeys: ShownKeys, { paint }: Look): readonly string[] {
  return blankValues(diffLines(before, after), shownKeys).map(({ kind, text }) => {
    const line = printable(text)
    if (kind === 'gap') return paint('quiet', '      ...')
    if (kind === 'same') return paint('quiet', `        ${line}`)
    return kind === 'added' ? paint('added', `      + ${line}`) : paint('removed', `      - ${line}`)
  })
}
