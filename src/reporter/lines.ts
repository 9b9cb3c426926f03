import type { Recorded } from '../model/event.ts'
import { printableLine } from '../model/printable.ts'
import type { Say, Voice } from './voice.ts'
import type { Look, Tone } from './wording/paint.ts'
import { tailLines } from './wording/report-text.ts'
import { eventText } from './wording.ts'

export interface LinesOptions {
  readonly say: Say
  readonly look: Look
  /** Shows live output of commands too. Default false. */
  readonly live?: boolean
}

/** One line per event, for pipes, log files and terminals that cannot draw. */
export function createLines({ say, look, live = false }: LinesOptions): Voice {
  return {
    event(event) {
      const tone = toneOf(event)
      const text = eventText(event)
      say(tone ? look.paint(tone, text) : text)
      if (event.type === 'outcome' && event.result.outcome !== 'changed')
        for (const line of tailLines(event.result.tail ?? '', 2, look)) say(line)
    },
    phase() {},
    talk: say,
    glimpse(host, step, line) {
      if (live) say(look.paint('quiet', `${host}: ${step} | ${printableLine(line)}`))
    },
    async rest() {},
    async close() {},
  }
}

const BAD = new Set<string>(['failed', 'partial', 'blocked', 'needs-a-person', 'unreachable'])

function toneOf(event: Recorded): Tone | undefined {
  if (event.type === 'release') return BAD.has(event.result) ? 'bad' : 'good'
  if (event.type === 'outcome') return BAD.has(event.result.outcome) ? 'bad' : 'change'
  if (event.type === 'planned' && BAD.has(event.plan.state)) return 'bad'
  return event.type === 'intent' || event.type === 'claim' ? 'quiet' : undefined
}
