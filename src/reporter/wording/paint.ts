/** How a piece of text is meant; a terminal shows it by colour, everything else by the words alone. */
export type Tone = 'good' | 'change' | 'bad' | 'loud' | 'quiet' | 'strong' | 'added' | 'removed'

/** Marks text with a tone. */
export type Paint = (tone: Tone, text: string) => string

/** No colours: for files, pipes, NO_COLOR and dumb terminals. */
export const plainPaint: Paint = (_tone, text) => text

const CODES: Readonly<Record<Tone, readonly [number, number]>> = {
  good: [32, 39],
  change: [33, 39],
  bad: [31, 39],
  loud: [7, 27],
  quiet: [2, 22],
  strong: [1, 22],
  added: [32, 39],
  removed: [31, 39],
}

/** Colours by the sixteen codes that every terminal has, so that its own theme decides. */
export const ansiPaint: Paint = (tone, text) => {
  const [on, off] = CODES[tone]
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`
}

/** How text is laid out for one reader. */
export interface Look {
  readonly paint: Paint
  readonly columns: number
}

/** For files and pipes: no colours, and lines as long as they are. */
export const PLAIN_LOOK: Look = { paint: plainPaint, columns: Number.POSITIVE_INFINITY }
