import { now } from '../../journal/now.ts'
import { sh } from '../../model/command.ts'
import { inWords } from '../../model/duration.ts'
import { fact } from '../../model/fact.ts'
import type { Inventory } from '../../model/inventory.ts'
import type { Looked } from '../../runtime/look-at-hosts.ts'
import { said } from '../asking/failures.ts'
import { bad, type Finding, hint, ok } from './finding.ts'

/** Seconds since 1970 by the host's clock, and how far that is from ours. */
export const clockDifference = fact(sh`date +%s`, ({ stdout }) => Number(stdout.trim()) * 1_000 - now())

/** The first host of each group: what holds for one of them mostly holds for all. */
export function oneOfEach({ groups }: Inventory): readonly string[] {
  const own = [...groups].filter(([name, hosts]) => name !== 'all' && hosts.length > 0)
  const firsts = (own.length > 0 ? own : [...groups]).flatMap(([, [first]]) => first ?? [])
  return [...new Set(firsts)]
}

/** Two clocks that differ by more make two logs that nobody can lay side by side. */
const APART = 5_000

/** Does a host answer as root, and does it know the time? */
export function hostFindings(looked: readonly Looked<number>[]): readonly Finding[] {
  return looked.flatMap((one) => {
    if (one.state !== 'answered') {
      const { code, stage, text, remedy } = said(one.error)
      return [bad(`${stage === undefined ? '' : `${stage}: `}${code}: ${text}`, remedy)]
    }
    const answers = ok(`${one.host} answers as root after ${inWords(one.milliseconds)}`)
    // The answer was on its way for a part of this time.
    const apart = Math.abs(one.value) - one.milliseconds
    if (apart <= APART) return [answers]
    const way = one.value > 0 ? 'ahead of' : 'behind'
    return [
      answers,
      hint(`the clock of ${one.host} is ${inWords(Math.abs(one.value))} ${way} ours`, 'timedatectl, there and here'),
    ]
  })
}
