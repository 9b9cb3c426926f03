import { inWords } from '../../model/duration.ts'
import type { Difference } from './snapshot.ts'
import type { Phase, RehearsedStep, Verdict } from './verdict.ts'

/** The verdict as lines for an operator. The last line is the verdict itself. */
export function verdictLines(runbook: string, verdict: Verdict): readonly string[] {
  return [
    'Steps',
    ...verdict.steps.map(stepLine),
    '',
    ...fileLines(verdict.files),
    'Time',
    ...verdict.phases.map((phase) => `  ${inWords(phase.milliseconds).padStart(7)}  ${phase.name}`),
    `  ${watching(verdict.steps)}`,
    '',
    ...verdict.phases.filter((phase) => !phase.passed).flatMap(failureLines),
    `${runbook}: ${verdict.summary} (${inWords(verdict.milliseconds)})`,
  ]
}

/** One line about an act that has ended. */
export function phaseLine({ name, passed, text, milliseconds }: Phase): string {
  const [first = '', ...more] = text.split('\n')
  const rest = more.length > 0 ? ` (and ${more.length} more lines)` : ''
  return `${passed ? 'passed' : 'FAILED'}  ${name}, ${inWords(milliseconds)}: ${first}${rest}`
}

function stepLine({ step, proof, because, milliseconds, watched }: RehearsedStep): string {
  const time = milliseconds + watched === 0 ? '' : inWords(milliseconds + watched)
  return `  ${proof.padEnd(13)}  ${step.padEnd(28)} ${time.padStart(7)}  ${because ?? ''}`.trimEnd()
}

/** Hosts on which the same changed stand together. */
function fileLines(files: Verdict['files']): readonly string[] {
  const alike = Map.groupBy(Object.entries(files), ([, found]) => found.map(changeLine).join('\n'))
  return [...alike].flatMap(([changes, hosts]) => {
    const names = hosts.map(([name]) => name).join(', ')
    return [`Files that the run changed on ${names}, beside its own record`, changes || '  none', '']
  })
}

const changeLine = ({ path, act }: Difference): string => `  ${act.padEnd(7)}  ${path}`

function watching(steps: readonly RehearsedStep[]): string {
  const sum = (key: 'milliseconds' | 'watched') => steps.reduce((total, step) => total + step[key], 0)
  return `The steps of the run changed for ${inWords(sum('milliseconds'))} and then watched for ${inWords(sum('watched'))}.`
}

const failureLines = (phase: Phase): readonly string[] => [
  `FAILED ${phase.name}`,
  ...phase.text.split('\n').map((line) => `  ${line}`),
  '',
]
