import { inWords } from '../../model/duration.ts'
import { printable, printableLine } from '../../model/printable.ts'
import { foldHosts } from '../wording/fold-hosts.ts'
import { countsText } from '../wording/report-text.ts'
import { whyText } from '../wording.ts'
import { type AlikeHosts, alikeHosts, changesOf, stepTimes } from './alike-hosts.ts'
import type { RunView } from './run-view.ts'
import { utc } from './times.ts'

/** So many steps are named in a ticket; the JSON has all. */
const MOST_STEPS = 10

/**
 * A run as Markdown for a ticket: what became of which hosts, what failed and what it printed, what was changed, where the
 * time went, who did what. Words of hosts and people stand in code, where no mark, link or mention has a meaning.
 */
export function markdownReport(view: RunView): string {
  const { run, runbook, bundle, inventory, who, reason, began, ended, deeds, next } = view
  const groups = alikeHosts(view)
  const facts = [
    `Began ${utc(began)} by ${code(who)}${reason === '' ? '' : `, because ${code(reason)}`}.`,
    ended === null ? 'Not ended.' : `Ended ${utc(ended)}, after ${inWords(ended - began)}.`,
    `Inventory ${code(inventory)}, sources ${code(bundle)}.`,
  ]
  const sections = [
    [`## ${code(runbook)}, run ${code(run)}: ${countsText(view)}`],
    [facts.join('  \n')],
    table(
      ['hosts', 'result', 'why'],
      merged(groups.map(hostsRow)).map(({ names, cells }) => [counted(names), ...cells]),
    ),
    ...groups.filter(({ bad }) => bad).map(trouble),
    ...changes(groups),
    ...times(view),
    ...titled(
      'Who did what',
      deeds.map(({ at, text }) => `- ${utc(at)}: ${code(text)}`),
    ),
    ...titled(
      'Next',
      next.map(({ command, why }) => `- ${code(command)} ${why}`),
    ),
  ]
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

/** A line of a table behind its hosts. */
interface HostsRow {
  readonly names: readonly string[]
  readonly cells: readonly string[]
}

const hostsRow = ({ names, view }: AlikeHosts): HostsRow => ({
  names,
  cells: [view.result, `${view.step === undefined ? '' : `at ${code(view.step)}: `}${code(whyText(view.host, view))}`],
})

/** Hosts with the same line share it, also where they differ in what the table leaves out, as how long a boot took. */
function merged(rows: readonly HostsRow[]): readonly HostsRow[] {
  return [...Map.groupBy(rows, ({ cells }) => JSON.stringify(cells)).values()].map((alike) => ({
    names: alike.flatMap(({ names }) => names),
    cells: alike[0]?.cells ?? [],
  }))
}

const counted = (names: readonly string[]): string =>
  `${code(foldHosts(names))}${names.length > 1 ? ` (${names.length})` : ''}`

function trouble({ names, view }: AlikeHosts): readonly string[] {
  const { remedy, step, steps, notes, debts, owned } = view
  const tail = steps.find((one) => one.step === step)?.tail ?? ''
  return [
    `### ${code(foldHosts(names))}`,
    '',
    `${view.result}: ${code(whyText(view.host, view))}`,
    ...(remedy === undefined ? [] : ['', `What to do: ${code(remedy)}`]),
    ...debts.flatMap((debt) => ['', `- owes ${code(debt.step)}${debt.due === undefined ? '' : `: ${code(debt.due)}`}`]),
    ...(owned === undefined ? [] : ['', `- stays owned by this run: ${code(owned)}`]),
    ...notes.filter(({ level }) => level !== 'info').flatMap((note) => ['', `- ${code(`${note.code}: ${note.text}`)}`]),
    ...(tail.trim() === '' ? [] : ['', ...fenced(tail)]),
  ]
}

function changes(groups: readonly AlikeHosts[]): readonly (readonly string[])[] {
  const rows = groups.flatMap(({ names, view }) =>
    changesOf(view).map(({ step, planned, text }) => ({ names, cells: [code(step), code(planned ?? text)] })),
  )
  const lines = merged(rows).map(({ names, cells }) => [code(foldHosts(names)), ...cells])
  return lines.length === 0 ? [] : [['### What was changed'], table(['hosts', 'step', 'what'], lines)]
}

function times(view: RunView): readonly (readonly string[])[] {
  const rows = stepTimes(view)
    .slice(0, MOST_STEPS)
    .map(({ step, hosts, median, longest }) => [
      code(step),
      `${hosts}`,
      inWords(median),
      `${inWords(longest.milliseconds)} on ${code(longest.host)}`,
    ])
  if (rows.length === 0) return []
  return [['### Where the time went'], table(['step', 'hosts', 'half under', 'longest'], rows)]
}

const titled = (title: string, lines: readonly string[]): readonly (readonly string[])[] =>
  lines.length === 0 ? [] : [[`### ${title}`, '', ...lines]]

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  row(head),
  row(head.map(() => '---')),
  // A bar ends a cell, in code too; some readers take one behind two backslashes for bare.
  ...rows.map((cells) => row(cells.map((cell) => cell.replace(/\\(?=\|)/g, '\\ ').replaceAll('|', '\\|')))),
]

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** Text as code on one line, between more backticks than it has together. */
function code(text: string): string {
  const line = printableLine(text)
  if (line === '') return ''
  const mark = backticks(line, 1)
  const space = /^`|`$/.test(line) ? ' ' : ''
  return `${mark}${space}${line}${space}${mark}`
}

function fenced(text: string): readonly string[] {
  const lines = printable(text).replace(/\n+$/, '')
  const mark = backticks(lines, 3)
  return [`${mark}text`, lines, mark]
}

function backticks(text: string, least: number): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  return '`'.repeat(Math.max(least, longest + 1))
}
