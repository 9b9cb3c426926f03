/** A line of a dnsmasq file that gives guests an MTU (option 26). */
export interface MtuLine {
  /** Counts from 1. */
  readonly line: number
  /** Only for requests with a tag, a vendor class and the like: such lines are somebody else's. */
  readonly tagged: boolean
  readonly value: string
  /** The statement, without blanks and comments around it: `text.slice(start, end)`. */
  readonly start: number
  readonly end: number
}

/** The lines that give an MTU. Of several without a tag dnsmasq takes the last. */
export function readMtuLines(text: string): readonly MtuLine[] {
  return [...text.matchAll(/^.*$/gm)].flatMap(({ index, 0: whole }, at) => {
    // A hash begins a comment at the start of a line or behind a blank, nowhere else.
    const statement = whole.replace(/(^|\s)#.*$/, '').trim()
    const [, list] = /^dhcp-option(?:-force)?\s*=\s*(.*)$/.exec(statement) ?? []
    const words = list?.split(',').map((word) => word.trim()) ?? []
    const code = words.findIndex((word) => word === '26' || word === 'option:mtu')
    if (code === -1 || !words.slice(0, code).every((word) => SELECTOR.test(word))) return []
    const start = index + whole.indexOf(statement)
    const value = words.slice(code + 1).join(',')
    return [{ line: at + 1, tagged: code > 0, value, start, end: start + statement.length }]
  })
}

/** The MTU that untagged requests get; null where the file gives none. */
export const givenMtu = (text: string): string | null =>
  readMtuLines(text).findLast(({ tagged }) => !tagged)?.value ?? null

/**
 * Has the file give this MTU to all requests without a tag: the last line that does is changed, others that do are taken
 * away, and without one a line is added at the end. Every other line stays.
 */
export function withMtu(text: string, mtu: number): string {
  const statement = `dhcp-option-force=26,${mtu}`
  const own = readMtuLines(text).filter(({ tagged }) => !tagged)
  const last = own.at(-1)
  if (!last) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${statement}\n`
  const changed = text.slice(0, last.start) + statement + text.slice(last.end)
  return own.slice(0, -1).reduceRight((all, { start, end }) => withoutLineAt(all, start, end), changed)
}

const SELECTOR = /^(tag|net|set|encap|vi-encap|vendor|vendor-class):/

function withoutLineAt(text: string, start: number, end: number): string {
  const from = text.lastIndexOf('\n', start - 1) + 1
  const next = text.indexOf('\n', end)
  return text.slice(0, from) + (next === -1 ? '' : text.slice(next + 1))
}
