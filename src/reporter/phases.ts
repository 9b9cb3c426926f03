import { printableLine } from '../model/printable.ts'
import { drawRow } from './draw-row.ts'
import { type Tally, tallyPhase } from './tally.ts'
import type { Voice } from './voice.ts'
import type { Look } from './wording/paint.ts'

export interface PhasesOptions {
  /** The terminal on which it is drawn. */
  readonly stream: NodeJS.WriteStream
  readonly look: () => Look
  /** Milliseconds that only grow. */
  readonly now: () => number
  /** Shows live output of commands too. Default false. */
  readonly live?: boolean
}

/** So many remarks stay under a row while it is drawn. All of them are printed when it ends. */
const REMARKS = 4

/** Phases as rows of a terminal; hosts are counted, the working and the failing ones named. */
export function createPhases({ stream, look, now, live = false }: PhasesOptions): Voice {
  let row: { readonly tally: Tally; end(): Promise<void> } | null = null
  let glimpsed = ''
  const remarks: string[] = []

  async function rest(): Promise<void> {
    const ending = row
    row = null
    glimpsed = ''
    await ending?.end()
    for (const line of remarks.splice(0)) stream.write(`${line}\n`)
  }

  return {
    event: (event) => row?.tally.event(event),
    phase(name, total) {
      const tally = tallyPhase(name, total, now)
      const lines = (columns: number) => [
        ...tally.lines(columns),
        ...(glimpsed === '' ? [] : [glimpsed]),
        ...remarks.slice(-REMARKS),
      ]
      const before = rest()
      row = { tally, ...drawRow({ stream, look, before }, { title: tally.title, lines }) }
    },
    talk(line) {
      if (row) remarks.push(line)
      else stream.write(`${line}\n`)
    },
    glimpse(host, step, line) {
      if (live && row) glimpsed = `${host}: ${step} | ${printableLine(line)}`
    },
    rest,
    close: rest,
  }
}
