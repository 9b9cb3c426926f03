import { DefaultRenderer, Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2'
import { printableLine } from '../model/printable.ts'
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

/** Drawn so often at most: a row per host cost 53 s of processor time for 200 hosts, this costs less than one. */
const REDRAW_EVERY = 200
/** So many remarks stay under a row while it is drawn. All of them are printed when it ends. */
const REMARKS = 4

/** Phases as rows of a terminal; hosts are counted, the working and the failing ones named. */
export function createPhases({ stream, look, now, live = false }: PhasesOptions): Voice {
  let row: Row | null = null
  const remarks: string[] = []

  async function rest(): Promise<void> {
    const ending = row
    row = null
    await ending?.end()
    for (const line of remarks.splice(0)) stream.write(`${line}\n`)
  }

  return {
    event: (event) => row?.tally.event(event),
    phase(name, total) {
      const before = rest()
      row = drawRow({ stream, look, remarks, before, tally: tallyPhase(name, total, now) })
    },
    talk(line) {
      if (row) remarks.push(line)
      else stream.write(`${line}\n`)
    },
    glimpse(host, step, line) {
      if (live && row) row.glimpsed = `${host}: ${step} | ${printableLine(line)}`
    },
    rest,
    close: rest,
  }
}

/** listr2 draws only where stdout is a terminal; here stdout may be a file while progress goes to stderr. */
class OnAnyStream extends DefaultRenderer {
  static override nonTTY = true
}

interface Row {
  readonly tally: Tally
  glimpsed: string
  end(): Promise<void>
}

function drawRow(parts: {
  readonly stream: NodeJS.WriteStream
  readonly look: () => Look
  readonly remarks: readonly string[]
  readonly before: Promise<void>
  readonly tally: Tally
}): Row {
  const { stream, look, remarks, before, tally } = parts
  const finished = Promise.withResolvers<void>()
  const row = { tally, glimpsed: '' }
  const task = {
    title: tally.title(),
    task: async (_context: unknown, wrapper: { title: string | undefined; output: string | undefined }) => {
      const draw = () => {
        const width = Math.max(look().columns - 8, 20)
        wrapper.title = tally.title()
        const beside = row.glimpsed === '' ? [] : [row.glimpsed]
        wrapper.output = [...tally.lines(width), ...beside, ...remarks.slice(-REMARKS)].join('\n')
      }
      const timer = setInterval(draw, REDRAW_EVERY)
      await finished.promise
      clearInterval(timer)
      draw()
    },
    rendererOptions: { timer: PRESET_TIMER, persistentOutput: true, outputBar: true },
  }
  const logger = new ListrLogger({ processOutput: new ProcessOutput(stream, stream), useIcons: true })
  const list = new Listr([task], { renderer: OnAnyStream, registerSignalListeners: false, rendererOptions: { logger } })
  const drawn = before.then(() => list.run())
  return Object.assign(row, {
    end: async () => {
      finished.resolve()
      await drawn
    },
  })
}
