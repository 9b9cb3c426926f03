import { inWords } from '../../model/duration.ts'
import type { Phase, RehearsedStep } from './verdict.ts'

/** One line about an act that has ended. */
export function phaseLine({ name, passed, text, milliseconds }: Phase): string {
  // The first line of what went wrong often says only which command it was.
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const shown = lines.slice(0, passed ? 1 : 2).join(' ')
  return `${passed ? 'passed' : 'FAILED'}  ${name}, ${inWords(milliseconds)}: ${shown}${lines.length > 2 ? ' ...' : ''}`
}

/** How the time was spent; the acts on other hosts go on at the same time. */
export function timeSpent(phases: readonly Phase[], steps: readonly RehearsedStep[]): string {
  const acts = phases.map(({ name, milliseconds }) => `${name} ${inWords(milliseconds)}`).join(', ')
  const sum = (key: 'milliseconds' | 'watched') => inWords(steps.reduce((total, step) => total + step[key], 0))
  return `${acts}. In the run the steps changed for ${sum('milliseconds')} and then watched for ${sum('watched')}.`
}
