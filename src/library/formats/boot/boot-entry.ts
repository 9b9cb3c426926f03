import { nextNamed } from './version-order.ts'

/** One boot entry of a file of the Boot Loader Specification, such as `/boot/loader/entries/ID.conf`. */
export interface BootEntry {
  /** The file's name without `.conf`: what a boot loader saves as its choice. */
  readonly id: string
  readonly title: string
  readonly version: string
  /** Path of the kernel, as the boot loader sees it. */
  readonly linux: string
  /** The kernel's arguments; they may name variables of GRUB, such as `$kernelopts`. */
  readonly options: string
}

/** What a boot loader chooses by: a number, an id or a title; empty where nobody chose. */
export interface BootChoice {
  /** For the next boot alone. */
  readonly once: string
  readonly lasting: string
}

/** Reads an entry; several lines of options are one. Null for one that starts no Linux. */
export function readBootEntry(path: string, text: string): BootEntry | null {
  const values = (key: string) =>
    [...text.matchAll(new RegExp(`^${key}[ \\t]+(.*?)[ \\t]*$`, 'gm'))].map(([, v = '']) => v)
  const [linux] = values('linux')
  if (linux === undefined) return null
  const [title = '', version = ''] = [values('title')[0], values('version')[0]]
  return { id: idOf(path), title, version, linux, options: values('options').join(' ') }
}

/** The entry's text with these options in place of its own; every other byte stays. */
export function withOptions(text: string, options: string): string {
  const lines = text.split('\n')
  const first = lines.findIndex(isOptions)
  if (first === -1) return `${text.endsWith('\n') || text === '' ? text : `${text}\n`}options ${options}\n`
  const [, key = 'options '] = /^(options[ \t]+)/.exec(lines[first] ?? '') ?? []
  const rest = lines.filter((line, index) => index <= first || !isOptions(line))
  return rest.with(first, `${key}${options}`).join('\n')
}

/** Is this the entry of a rescue image, the way out of a bad boot? */
export const isRescue = ({ id }: Pick<BootEntry, 'id'>): boolean => id.includes('rescue')

/** Fills in `$name` and `${name}` as GRUB does; a variable that is not set is nothing. */
export const filledIn = (options: string, variables: ReadonlyMap<string, string>): string =>
  options
    .replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (_all, braced?: string, bare?: string) => variables.get(braced ?? bare ?? '') ?? '',
    )
    .trim()

/** Does the text name the variable? */
export const namesVariable = (options: string, name: string): boolean =>
  new RegExp(`\\$(?:\\{${name}\\}|${name}(?!\\w))`).test(options)

/** The entry that the next boot takes; the newest one where nobody chose, or chose what is not there. */
export const chosenEntry = (entries: readonly BootEntry[], { once, lasting }: BootChoice): BootEntry | null =>
  nextNamed(entries, once === '' ? lasting : once)

export const idOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.conf$/, '')

const isOptions = (line: string): boolean => /^options([ \t]|$)/.test(line)
