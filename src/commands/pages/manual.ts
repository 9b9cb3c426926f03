import { exitRows } from './commands-page.ts'
import type { FlagEntry, VerbPage } from './read-verbs.ts'

/** docs/man/runbook.1: the manual for man(1), of the same words as the help. */
export function manual(verbs: readonly VerbPage[], version: string): string {
  const lines = [
    '.\\" Generated from src/commands by: npm run docs',
    `.TH RUNBOOK 1 "" "runbook ${version}" "User Commands"`,
    // Neither broken words nor wide gaps: commands are to be copied.
    '.nh',
    '.ad l',
    '.SH NAME',
    'runbook \\- ordered, resumable, rehearsed changes on many hosts over SSH',
    '.SH SYNOPSIS',
    '.B runbook',
    '.I VERB',
    '[words] [flags]',
    '.SH DESCRIPTION',
    'A runbook is a list of named steps. A plan is what each host says when it is asked; a run changes only what a host still needs, and',
    'what is about to be done is written down before it is done. A run that was cut off goes on with',
    '.BR "runbook resume" ,',
    'and is taken back by',
    '.BR "runbook rollback" .',
    '.SH COMMANDS',
    ...verbs.flatMap(verbLines),
    '.SH OPTIONS',
    'Each verb takes those that its help names.',
    ...allFlags(verbs).flatMap(flagLines),
    '.SH ENVIRONMENT',
    'Every flag may stand in the environment:',
    '.B RUNBOOK_INVENTORY=prod',
    'for',
    '.BR "\\-\\-inventory prod" ,',
    '.B RUNBOOK_YES=1',
    'for',
    '.BR \\-\\-yes .',
    'What is typed wins.',
    '.SH FILES',
    ...FILES.flatMap(([path, what]) => ['.TP', `.I ${roff(path)}`, roff(what)]),
    '.SH EXIT STATUS',
    'Of several causes the first one counts.',
    ...exitRows().flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    '.SH SEE ALSO',
    '.BR ssh (1),',
    '.BR ssh_config (5)',
  ]
  return `${lines.join('\n')}\n`
}

const FILES = [
  ['runbooks/NAME.ts', 'a runbook of the project'],
  ['inventory/NAME.yaml', 'the hosts of an inventory'],
  ['~/.local/state/runbook', 'runs of this user ($XDG_STATE_HOME/runbook)'],
  ['/var/lib/runbook', "on each host: the guard, the owner's record, bytes that were replaced; root's alone"],
] as const

function verbLines({ name, summary, words, flags, examples }: VerbPage): readonly string[] {
  const short = flags.map(({ usage }) => roff(usage.replace(/^-\w, /, '').replace(/ .*/, '')))
  return [
    `.SS "${roff(['runbook', name, ...words].join(' '))}"`,
    `${roff(sentence(summary))}`,
    ...(short.length === 0 ? [] : ['.PP', `Flags: ${short.join(', ')}`]),
    ...examples.flatMap(([command, does]) => ['.TP', `.B ${roff(command)}`, roff(does)]),
  ]
}

const flagLines = ({ usage, help, variable }: FlagEntry): readonly string[] => [
  '.TP',
  `.B ${roff(usage)}`,
  `${roff(help)} (${variable})`,
]

function allFlags(verbs: readonly VerbPage[]): readonly FlagEntry[] {
  const known = new Map(verbs.flatMap(({ flags }) => flags).map((flag) => [flag.usage, flag]))
  const longName = (usage: string): string => usage.replace(/^-\w, /, '')
  return [...known.values()].toSorted((one, other) => (longName(one.usage) < longName(other.usage) ? -1 : 1))
}

const sentence = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}.`

/** Text as roff takes it literally: a hyphen that can be copied, no escapes, no request at the beginning of a line. */
function roff(text: string): string {
  const literal = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
  return literal.startsWith('.') ? `\\&${literal}` : literal
}
