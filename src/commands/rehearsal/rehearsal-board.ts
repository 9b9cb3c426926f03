import { inWords } from '../../model/duration.ts'
import { printableLine } from '../../model/printable.ts'
import type { Phase, Verdict } from '../../rehearsal/verdict/verdict.ts'
import { phaseLine } from '../../rehearsal/verdict/wording.ts'
import { drawRow } from '../../reporter/draw-row.ts'
import type { Operator } from '../operator.ts'

/** What goes on while several runbooks are rehearsed. */
export interface Board {
  begin(name: string): void
  /** An act of it has ended. */
  hear(name: string, phase: Phase): void
  end(name: string, verdict: Verdict): void
  say(line: string): void
  close(): Promise<void>
}

/** On a terminal one live row that folds what has ended; elsewhere a line for each act. */
export function createBoard({ canvas, now, say, talkLook }: Operator, total: number): Board {
  if (!canvas) return linesBoard(say)
  const start = now()
  const working = new Map<string, { readonly act: string; readonly since: number }>()
  const [passed, failed, failures]: [string[], string[], string[]] = [[], [], []]
  let said = ''
  const row = drawRow(
    { stream: canvas, look: talkLook, before: Promise.resolve() },
    {
      title: () => `Rehearse ${total}: ${passed.length + failed.length} ended, ${inWords(now() - start)}`,
      lines: (columns) =>
        [
          ...(passed.length > 0 ? [`passed: ${passed.join(', ')}`] : []),
          ...(failed.length > 0 ? [`FAILED: ${failed.join(', ')}`] : []),
          ...[...working].map(([name, { act, since }]) => `${name}: ${act}, ${inWords(now() - since)}`),
          ...failures,
          ...(said === '' || working.size === 0 ? [] : [said]),
        ].map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line)),
    },
  )
  return {
    begin: (name) => void working.set(name, { act: 'hosts', since: now() }),
    hear(name, { name: act, passed: well, text }) {
      working.set(name, { act: `after ${act}`, since: working.get(name)?.since ?? now() })
      if (!well) failures.push(`✗ ${name}: ${act}: ${printableLine(text)}`)
    },
    end(name, { result }) {
      working.delete(name)
      const ended = result === 'failed' ? failed : passed
      ended.push(name)
    },
    say(line) {
      said = printableLine(line)
    },
    close: row.end,
  }
}

const linesBoard = (say: Operator['say']): Board => ({
  begin() {},
  hear: (name, phase) => say(`${name}: ${phaseLine(phase)}`),
  end: (name, { summary }) => say(`${name}: ${summary}`),
  say,
  async close() {},
})
