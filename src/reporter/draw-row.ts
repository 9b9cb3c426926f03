import { DefaultRenderer, Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2'
import type { Look } from './wording/paint.ts'

/** Drawn so often at most: a row per host cost 53 s of processor time for 200 hosts, this costs less than one. */
const REDRAW_EVERY = 200

/** What a row shows at this moment. */
export interface RowFace {
  title(): string
  /** A few lines under it, for a terminal of so many columns. */
  lines(columns: number): readonly string[]
}

/** listr2 draws only where stdout is a terminal; here stdout may be a file while progress goes to stderr. */
class OnAnyStream extends DefaultRenderer {
  static override nonTTY = true
}

/** Draws one live row on a terminal, once `before` has ended, until `end` is called. */
export function drawRow(
  { stream, look, before }: { stream: NodeJS.WriteStream; look: () => Look; before: Promise<void> },
  face: RowFace,
): { end(): Promise<void> } {
  const finished = Promise.withResolvers<void>()
  const task = {
    title: face.title(),
    task: async (_context: unknown, wrapper: { title: string | undefined; output: string | undefined }) => {
      const draw = () => {
        wrapper.title = face.title()
        wrapper.output = face.lines(Math.max(look().columns - 8, 20)).join('\n')
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
  return {
    end: async () => {
      finished.resolve()
      await drawn
    },
  }
}
