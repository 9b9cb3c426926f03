import { VERBS } from './verb-table.ts'

/** One screen: what it is, the verbs, three examples. */
export function helpText(): string {
  const longest = Math.max(...VERBS.map(({ name }) => name.length))
  return [
    'runbook VERB [words] [flags]      ordered, resumable, rehearsed changes on many hosts over SSH',
    '',
    ...VERBS.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`),
    '',
    'Examples',
    '  runbook plan hugepages-1g -i prod               what would change on the hypervisors of inventory/prod.yaml',
    '  runbook run hugepages-1g -i prod -l hv-[01-04]  plan, one question, then change these four',
    '  runbook resume                                  go on with the newest run that did not come to its end',
    '',
    'runbook VERB --help tells a verb\u2019s words and flags. RUNBOOK_INVENTORY=prod stands for --inventory prod, and so on.',
  ].join('\n')
}
