/** One assignment, as oslo.config understands it. */
export interface IniAssignment {
  /** As its header is written. */
  readonly section: string
  readonly key: string
  /** Without surrounding blanks and quotes; continuation lines are joined by line feeds. */
  readonly value: string
  /** Counts from 1. */
  readonly line: number
  /** The value as written, continuation lines included: `text.slice(start, end)`. */
  readonly start: number
  readonly end: number
}

/** A header or a comment, by its line: `text.slice(start, end)`, its line end excluded. */
export interface IniLine {
  /** The section that the line opens or stands in; empty before the first one. */
  readonly section: string
  readonly text: string
  readonly line: number
  readonly start: number
  readonly end: number
  /** Where the next line begins. */
  readonly next: number
}

/** A configuration file of an OpenStack service. */
export interface IniFile {
  readonly assignments: readonly IniAssignment[]
  readonly headers: readonly IniLine[]
  readonly comments: readonly IniLine[]
  /** What oslo.config refuses; a service with such a file does not start. */
  readonly faults: readonly IniFault[]
}

export interface IniFault {
  readonly line: number
  readonly because: string
}

/**
 * Reads a file by the rules of oslo.config 9.0: a line that begins with a blank continues the assignment above it, any
 * other line ends it; `key = a # b` has the value `a # b`; one pair of quotes around a value is taken off.
 */
export function readIni(text: string): IniFile {
  const assignments: IniAssignment[] = []
  const headers: IniLine[] = []
  const comments: IniLine[] = []
  const faults: IniFault[] = []
  let section = ''
  let open: IniAssignment | null = null
  const close = () => {
    if (open) assignments.push(open)
    open = null
  }
  for (const line of linesOf(text)) {
    const bare = withoutBlanksAfter(line.text)
    const refuse = (because: string) => faults.push({ line: line.line, because })
    if (/^[ \t]/.test(bare)) {
      open = continued(open, bare, line.start)
      if (open === null) refuse('is a continuation line of nothing')
      continue
    }
    close()
    if (bare === '') continue
    if (bare.startsWith('[')) {
      if (!bare.endsWith(']')) refuse('is a section header without an end')
      else if (bare.length <= 2) refuse('is a section header without a name')
      else {
        section = bare.slice(1, -1)
        headers.push({ ...line, section })
      }
      continue
    }
    if (/^[#;]/.test(bare)) {
      comments.push({ ...line, section })
      continue
    }
    open = assignmentOn(line, bare, section)
    if (open === null) refuse('has neither "=" nor ":", or no key')
    else if (section === '') refuse('stands before the first section')
  }
  close()
  return { assignments, headers, comments, faults }
}

/** Are these headers of one group? oslo.config compares without regard to case, but for DEFAULT. */
export const sameSection = (a: string, b: string): boolean => group(a) === group(b)

/** Text without the blanks around it, as Python's strip() sees blanks. */
export const stripped = (text: string): string => withoutBlanksBefore(withoutBlanksAfter(text))

const group = (section: string): string => (section === 'DEFAULT' ? section : section.toLowerCase())

// What Python calls white space is not quite what JavaScript does.
const BLANK = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/
const isBlank = (character: string): boolean => (character <= ' ' || character > '~' ? BLANK.test(character) : false)

function withoutBlanksBefore(text: string): string {
  let start = 0
  while (start < text.length && isBlank(text[start] ?? '')) start += 1
  return text.slice(start)
}

function withoutBlanksAfter(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text[end - 1] ?? '')) end -= 1
  return text.slice(0, end)
}

/** Lines as Python reads them from a text file: LF, CRLF and CR end a line, nothing else does. */
function* linesOf(text: string): Generator<Omit<IniLine, 'section'>> {
  let [carriage, feed] = [text.indexOf('\r'), text.indexOf('\n')]
  for (let [line, start] = [1, 0]; start < text.length; line += 1) {
    // Each is looked for again only once it is passed: a file is walked through once.
    if (carriage !== -1 && carriage < start) carriage = text.indexOf('\r', start)
    if (feed !== -1 && feed < start) feed = text.indexOf('\n', start)
    const end = Math.min(carriage === -1 ? text.length : carriage, feed === -1 ? text.length : feed)
    const next = Math.min(text.length, end + (end === carriage && feed === carriage + 1 ? 2 : 1))
    yield { text: text.slice(start, end), line, start, end, next }
    start = next
  }
}

function continued(open: IniAssignment | null, bare: string, start: number): IniAssignment | null {
  if (open === null) return null
  return { ...open, value: `${open.value}\n${withoutBlanksBefore(bare)}`, end: start + bare.length }
}

function assignmentOn(
  { line, start }: Pick<IniLine, 'line' | 'start'>,
  bare: string,
  section: string,
): IniAssignment | null {
  const at = bare.search(/[=:]/)
  const key = stripped(bare.slice(0, at))
  if (at === -1 || key === '') return null
  const raw = withoutBlanksBefore(bare.slice(at + 1))
  const end = start + bare.length
  return { section, key, value: unquoted(raw), line, start: end - raw.length, end }
}

const unquoted = (value: string): string =>
  /^["']/.test(value) && value.at(0) === value.at(-1) ? value.slice(1, -1) : value
