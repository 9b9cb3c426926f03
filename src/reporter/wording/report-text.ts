import type { HostReport, RunReport } from '../../engine/make-report.ts'
import { inWords } from '../../model/duration.ts'
import { printable } from '../../model/printable.ts'
import { whyText } from '../wording.ts'
import { type CommonNote, commonNotes, noteKey } from './common-notes.ts'
import { foldHostsToRead, limitWord } from './fold-hosts.ts'
import type { Look, Tone } from './paint.ts'
import { noteLines, remedyLines } from './plan-text.ts'
import { speakOfAll } from './speak-of-all.ts'
import { width, wrapText } from './wrap-text.ts'

type Result = HostReport['result']

/** The results in the order in which a reader needs them: what went well first, what needs a hand last. */
const ORDER: readonly Result[] = [
  'satisfied',
  'not-for-this-host',
  'changed',
  'rolled-back',
  'not-reached',
  'unfinished',
  'unreachable',
  'blocked',
  'partial',
  'failed',
  'needs-a-person',
]

const TONES: Partial<Record<Result, Tone>> = { satisfied: 'good', changed: 'good', 'rolled-back': 'change' }

/** Output of a failed command that is worth a screen. */
const TAIL_LINES = 12

/** A report as lines: what changed, what did not and why, the slowest hosts, and what to type next. */
export const reportText = (report: RunReport, look: Look): readonly string[] => [
  ...standText(report, look),
  ...nextLines(report, look),
]

/** The same without what to type next: for a run that is in other hands. */
export function standText(report: RunReport, look: Look): readonly string[] {
  const common = commonNotes(report.hosts, sameEnd)
  const hosts = ORDER.flatMap((result) => {
    const alike = Map.groupBy(
      report.hosts.filter((host) => host.result === result),
      sameEnd,
    )
    return [...alike.values()].flatMap((group) => groupText(group, new Set(common.keys()), look))
  })
  return [
    ...wrapText(
      look.paint('strong', `${report.runbook}, run ${report.run}`) + `: ${countsText(report)}`,
      look.columns,
      2,
    ),
    ...hosts,
    ...commonLines([...common.values()], look),
    ...slowest(report, look),
  ]
}

/** How many hosts ended how: `12 changed, 1 failed`. */
export function countsText({ counts }: Pick<RunReport, 'counts'>): string {
  const parts = ORDER.flatMap((result) => (counts[result] ? [`${counts[result]} ${result}`] : []))
  return parts.length > 0 ? parts.join(', ') : 'no hosts'
}

function sameEnd({ host, result, text, code, remedy, step, owned, debts, dues, notes, steps }: HostReport): string {
  const tail = steps.find((one) => one.step === step)?.tail
  const said = notes.map((note) => ({ code: note.code, text: note.text }))
  return JSON.stringify(speakOfAll({ result, text, code, remedy, step, owned, debts, dues, said, tail }, host, []))
}

function groupText(group: readonly HostReport[], common: ReadonlySet<string>, look: Look): readonly string[] {
  const [one] = group
  if (!one) return []
  const all = group.map(({ host }) => host)
  const first = group.length > 1 ? speakOfAll(one, one.host, all) : one
  const { result, step, remedy, owned, debts, dues, steps } = first
  const names = foldHostsToRead(all, look)
  const where = step ? ` at ${step}` : ''
  const head = `  ${look.paint(TONES[result] ?? 'bad', result.padEnd(RESULT_WIDTH))} ${look.paint('strong', names)}${where}: `
  const said = whyText(first.host, first)
  const hang = Math.min(RESULT_WIDTH + 3, Math.floor(look.columns / 4))
  const tail = steps.find((one) => one.step === step)?.tail ?? ''
  const own = one.notes.map((note) => note.level !== 'info' && !common.has(noteKey(note, one.host)))
  const shownNotes = first.notes.filter((_, index) => own[index])
  return [
    ...wrapText(head + said, look.columns, hang),
    ...tailLines(tail, hang, look),
    ...remedyLines(remedy, hang, look),
    ...debts.flatMap((debt) => remedyLines(debtText(debt, dues), hang, look)),
    ...(owned ? wrapText(`${' '.repeat(hang)}the host stays owned by this run: ${owned}`, look.columns, hang) : []),
    ...shownNotes.flatMap((note) => noteLines(note, hang, look)),
  ]
}

function commonLines(notes: readonly CommonNote[], look: Look): readonly string[] {
  const hang = Math.min(RESULT_WIDTH + 3, Math.floor(look.columns / 4))
  return [...Map.groupBy(notes, ({ hosts }) => foldHostsToRead(hosts, look))].flatMap(([names, group]) => [
    ...wrapText(
      `  ${look.paint('change', 'noted'.padEnd(RESULT_WIDTH))} ${look.paint('strong', names)}:`,
      look.columns,
      hang,
    ),
    ...group.flatMap(({ note }) => noteLines(note, hang, look)),
  ])
}

/** A debt as a sentence without an end, with what it means where that is known. */
export const debtText = (debt: string, dues: HostReport['dues']): string =>
  `${debt} is entered and not left yet${dues?.[debt] === undefined ? '' : `: ${dues[debt]}`}`

const RESULT_WIDTH = Math.max(...['satisfied', 'rolled-back', 'unreachable'].map(width))

/** The end of what a failed command printed, neutralised. */
export function tailLines(tail: string, indent: number, { paint, columns }: Look): readonly string[] {
  const lines = printable(tail)
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines
    .slice(-TAIL_LINES)
    .flatMap((line) => wrapText(`${' '.repeat(indent)}| ${line}`, columns, indent + 2))
    .map((line) => paint('quiet', line))
}

/** Hosts that took longer than the rest are named with the step that took it. */
function slowest({ hosts }: RunReport, look: Look): readonly string[] {
  const worked = hosts.filter(({ milliseconds }) => milliseconds >= 1_000)
  if (worked.length < 2) return []
  const longest = worked.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, 3)
  const parts = longest.map(({ host, milliseconds, steps }) => {
    const step = steps.toSorted((a, b) => b.milliseconds - a.milliseconds)[0]
    return `${host} ${inWords(milliseconds)}${step ? ` (${step.step} ${inWords(step.milliseconds)})` : ''}`
  })
  return wrapText(`  slowest: ${parts.join(', ')}`, look.columns, 4)
}

function nextLines(report: RunReport, look: Look): readonly string[] {
  const next = nextCommands(report)
  if (next.length === 0) return []
  const longest = Math.max(...next.map(({ command }) => command.length))
  return [
    '',
    ...next.flatMap(({ command, why }) =>
      wrapText(`  ${look.paint('strong', command.padEnd(longest))}   ${why}`, look.columns, 6),
    ),
  ]
}

/** What to type after this report, the most useful first. */
export function nextCommands({ run, hosts }: RunReport): readonly { command: string; why: string }[] {
  const of = (...results: readonly Result[]) => hosts.filter(({ result }) => results.includes(result))
  const person = of('needs-a-person')
  const back = hosts.filter(({ code }) => code === 'W_REBOOT_PENDING')
  const open = of('unfinished', 'not-reached', 'failed', 'partial')
  const unready = of('unreachable', 'blocked')
  const changed = of('changed', 'partial', 'failed').some(({ steps }) =>
    steps.some(({ outcome, kept }) => outcome === 'changed' && !kept),
  )
  const limit = (list: readonly HostReport[]) => limitWord(list.map(({ host }) => host))
  return [
    ...(open.length > 0 ? [{ command: `runbook resume ${run}`, why: 'goes on where it stopped' }] : []),
    ...(person.length > 0
      ? [{ command: `runbook resume ${run} --limit ${limit(person)}`, why: 'once a person has looked at them' }]
      : []),
    ...(unready.length > 0
      ? [{ command: `runbook resume ${run} --limit ${limit(unready)}`, why: 'once they are ready' }]
      : []),
    ...(back.length > 0 ? [{ command: `runbook rollback ${run} --reboot`, why: 'reboots into what was before' }] : []),
    ...(changed ? [{ command: `runbook rollback ${run}`, why: 'puts back what it changed' }] : []),
  ]
}
