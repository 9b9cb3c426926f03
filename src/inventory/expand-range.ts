/** So many names may come out of one range. */
export const RANGE_LIMIT = 100_000

/**
 * The names that a range stands for, or undefined when it is none or has too many.
 * Numbers keep their width; several ranges multiply.
 *
 *     expandRange('hv-[08-11]')        // hv-08 hv-09 hv-10 hv-11
 *     expandRange('rack-[a-c]-[1-2]')  // rack-a-1 rack-a-2 rack-b-1 ...
 */
export function expandRange(text: string): readonly string[] | undefined {
  const match = RANGE.exec(text)
  if (match === null) return /[[\]]/.test(text) ? undefined : [text]
  const { before = '', from = '', to = '', after = '' } = match.groups ?? {}
  const middles = /^\d/.test(from) ? numbers(from, to) : letters(from, to)
  const ends = expandRange(after)
  if (middles === undefined || ends === undefined || middles.length * ends.length > RANGE_LIMIT) return undefined
  return middles.flatMap((middle) => ends.map((end) => before + middle + end))
}

/** The first range of a text; both ends are numbers or both are letters. */
const RANGE = /^(?<before>[^[\]]*)\[(?:(?<from>\d{1,9}|[a-z])[-:](?<to>\d{1,9}|[a-z]))\](?<after>.*)$/s

function numbers(from: string, to: string): readonly string[] | undefined {
  const first = Number(from)
  const count = Number(to) - first + 1
  // Of 08-100 the width is that of the first; of 1-0x40 or 9-1 nothing sensible can be made.
  if (!/^\d+$/.test(to) || count < 1 || count > RANGE_LIMIT) return undefined
  return Array.from({ length: count }, (_, index) => String(first + index).padStart(from.length, '0'))
}

function letters(from: string, to: string): readonly string[] | undefined {
  const first = from.charCodeAt(0)
  const count = to.charCodeAt(0) - first + 1
  if (/^\d/.test(to) || count < 1) return undefined
  return Array.from({ length: count }, (_, index) => String.fromCharCode(first + index))
}
