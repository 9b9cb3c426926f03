import { inWords } from '../../model/duration.ts'
import type { Phase, RehearsedStep } from './verdict.ts'

/** One line about an act that has ended. */
export function phaseLine({ name, passed, text, milliseconds }: Phase): string {
  const [first = '', ...more] = text.split('\n')
  const rest = more.length > 0 ? ` (and ${more.length} more lines)` : ''
  return `${passed ? 'passed' : 'FAILED'}  ${name}, ${inWords(milliseconds)}: ${first}${rest}`
}

/** How the time was spent; the acts on other hosts go on at the same time. */
export function timeSpent(phases: readonly Phase[], steps: readonly RehearsedStep[]): string {
  const acts = phases.map(({ name, milliseconds }) => `${name} ${inWords(milliseconds)}`).join(', ')
  const sum = (key: 'milliseconds' | 'watched') => inWords(steps.reduce((total, step) => total + step[key], 0))
  return `${acts}. In the run the steps changed for ${sum('milliseconds')} and then watched for ${sum('watched')}.`
}
