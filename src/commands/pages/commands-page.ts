import { EXIT_CODES, LEASE_LOST } from '../decide-exit-code.ts'
import type { VerbPage } from './read-verbs.ts'

/** docs/reference/commands.md: every verb with its words, flags and examples, and what an exit code means. */
export function commandsPage(verbs: readonly VerbPage[]): string {
  const lines = [
    '<!-- Generated from src/commands by: npm run docs -->',
    '# Commands',
    '',
    'As `runbook VERB --help` tells them. A flag that is not typed may stand in the environment: `RUNBOOK_INVENTORY=prod` for',
    '`--inventory prod`, `RUNBOOK_YES=1` for `--yes`.',
    '',
    ...verbs.map(({ name, summary }) => `- [${name}](#${name}): ${escaped(summary)}`),
    ...verbs.flatMap(verbLines),
    '',
    '## Exit codes',
    '',
    'Of several causes the first one in this table counts.',
    '',
    '| code | meaning |',
    '|---|---|',
    ...exitRows().map(([code, meaning]) => `| ${code} | ${escaped(meaning)} |`),
  ]
  return `${lines.join('\n')}\n`
}

/** Every exit code with its meaning, the first cause first. */
export function exitRows(): readonly (readonly [code: number, meaning: string])[] {
  return [...EXIT_CODES, [LEASE_LOST, 'a worker that lost its lease: to be started anew']]
}

function verbLines({ name, summary, words, flags, examples }: VerbPage): readonly string[] {
  const flagRows = flags.map(
    ({ usage, help, variable }) => `| \`${cell(usage)}\` | ${cell(escaped(help))} | \`${variable}\` |`,
  )
  return [
    '',
    `## ${name}`,
    '',
    `${escaped(summary)[0]?.toUpperCase()}${escaped(summary).slice(1)}.`,
    '',
    '```text',
    ['runbook', name, ...words].join(' '),
    '```',
    ...(flagRows.length === 0 ? [] : ['', '| flag | what | environment |', '|---|---|---|', ...flagRows]),
    ...(examples.length === 0 ? [] : ['', ...examples.map(([command, does]) => `- \`${command}\`: ${escaped(does)}`)]),
  ]
}

/** Signs that Markdown would read as markup. */
const escaped = (text: string): string => text.replaceAll(/[<*_]/g, (sign) => `\\${sign}`)

const cell = (text: string): string => text.replaceAll('|', '\\|')
