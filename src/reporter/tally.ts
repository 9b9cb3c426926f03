import type { Phase } from '../engine/ports.ts'
import { inWords } from '../model/duration.ts'
import type { Recorded } from '../model/event.ts'
import { foldHostsWithin } from './wording/fold-hosts.ts'
import { hosts, whyText } from './wording.ts'

/** What a phase has seen so far, small whatever the number of hosts. */
export interface Tally {
  event(event: Recorded): void
  title(): string
  /** A few lines: what is done, what is going on, what failed. */
  lines(columns: number): readonly string[]
}

const TITLES: Readonly<Record<Phase, string>> = {
  plan: 'Ask',
  approve: 'Approve',
  run: 'Change',
  rollback: 'Roll back',
}

const BAD = new Set<string>(['failed', 'partial', 'blocked', 'needs-a-person', 'unreachable'])
/** So many working and failing hosts have a name on the screen. */
const NAMED = 3

/** Counts the events of one phase. `now` gives milliseconds that only grow. */
export function tallyPhase(phase: Phase, total: number, now: () => number): Tally {
  const ended = new Map<string, string>()
  const working = new Map<string, { readonly what: string; readonly since: number }>()
  const failing = new Map<string, string>()

  function end(host: string, result: string, why: string): void {
    ended.set(host, result)
    working.delete(host)
    if (BAD.has(result)) failing.set(host, why)
  }

  return {
    event(event) {
      if (event.type === 'planned' && phase === 'plan') {
        end(event.host, event.plan.state, whyText(event.host, event.plan))
      }
      if (event.type === 'release') end(event.host, event.result, whyText(event.host, event))
      if (event.type === 'intent') {
        const what = event.reboot ? `${event.step}: waits for its reboot` : event.step
        working.set(event.host, { what, since: now() })
      }
      if (event.type === 'outcome') working.delete(event.host)
    },
    // A resume asks hosts whose answers nobody has to approve again: those stand in no event.
    title: () => `${TITLES[phase]} ${hosts(total)}${ended.size > 0 ? `: ${ended.size} of ${total} done` : ''}`,
    lines(columns) {
      const groups = Map.groupBy(ended, ([, result]) => result)
      const counts = [...groups].map(([result, list]) => `${list.length} ${result}`)
      const oldest = [...working].sort(([, a], [, b]) => a.since - b.since)
      const named = oldest.slice(0, NAMED)
      const failed = [...failing].slice(0, NAMED)
      const rest = [...failing.keys()].slice(NAMED)
      return [
        ...(counts.length > 0 ? [counts.join(', ')] : []),
        ...named.map(([host, { what, since }]) => `${host}: ${what} ${inWords(now() - since)}`),
        ...(oldest.length > NAMED ? [`and ${oldest.length - NAMED} more at work`] : []),
        ...failed.map(([host, why]) => `✗ ${host}: ${why}`),
        ...(rest.length > 0 ? [`✗ ${foldHostsWithin(rest, columns - 4)}`] : []),
      ].map((line) => shortened(line, columns))
    },
  }
}

const shortened = (line: string, columns: number): string =>
  [...line].length > columns ? `${[...line].slice(0, Math.max(columns - 1, 1)).join('')}…` : line
