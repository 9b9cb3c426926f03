import { type IniLine, readIni, sameSection, stripped } from './read-ini.ts'

/** An option of an OpenStack service, such as `[libvirt] images_type`. */
export interface IniOption {
  readonly section: string
  /** With `_`: oslo.config does not read an option of a file that is written with `-`. */
  readonly key: string
}

/**
 * Sets an option and keeps every other byte: the last assignment in the section is changed in place; without one, a line is
 * put after the commented sample of the option, else after the section's header, else with the section at the end.
 * Meant for files without faults: what follows the new line in a broken one might be read as a part of it.
 *
 *     withOption('[libvirt]\n#cpu_mode = <None>\n', { section: 'libvirt', key: 'cpu_mode' }, 'none')
 *     // '[libvirt]\n#cpu_mode = <None>\ncpu_mode = none\n'
 *
 * @throws TypeError for a value of several lines.
 */
export function withOption(text: string, { section, key }: IniOption, value: string): string {
  const written = asWritten(value)
  const { assignments, headers, comments } = readIni(text)
  const present = assignments.findLast((one) => one.key === key && sameSection(one.section, section))
  if (present?.value === value) return text
  if (present) {
    const gap = present.start === present.end && /[ \t][=:]$/.test(text.slice(0, present.start)) ? ' ' : ''
    return text.slice(0, present.start) + gap + written + text.slice(present.end)
  }
  const line = `${key} = ${written}`
  const sample = comments.find((one) => sameSection(one.section, section) && isSampleOf(one.text, key))
  const above = sample ?? headers.find((one) => sameSection(one.section, section))
  if (above) return text.slice(0, above.end) + lineEndOf(text, above) + line + text.slice(above.end)
  const end = lineEndOf(text, headers[0])
  const between = text === '' ? '' : /[\r\n]$/.test(text) ? end : end + end
  return `${text}${between}[${section}]${end}${line}${end}`
}

const isSampleOf = (comment: string, key: string): boolean =>
  stripped(comment.replace(/^[#;]+/, '').split(/[=:]/, 1)[0] ?? '') === key && /[=:]/.test(comment)

/** The file's own line end, as the line has it. */
function lineEndOf(text: string, line: IniLine | undefined): string {
  const own = line ? text.slice(line.end, line.next) : ''
  return own || (/\r\n|\r|\n/.exec(text)?.[0] ?? '\n')
}

/** Quotes a value that would be read otherwise than it is. */
function asWritten(value: string): string {
  if (/[\r\n]/.test(value))
    throw new TypeError(`an option cannot have a value of several lines: ${JSON.stringify(value)}`)
  return value !== stripped(value) || /^["']/.test(value) ? `"${value}"` : value
}
