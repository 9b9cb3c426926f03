import { type IniOption, withOption } from './edit-ini.ts'
import { type IniAssignment, type IniFault, type IniFile, readIni, sameSection } from './read-ini.ts'

/** A file of a service's configuration. */
export interface ConfigText {
  readonly path: string
  readonly text: string
}

/** An assignment and where it stands. */
export interface PlacedAssignment extends IniAssignment {
  readonly path: string
}

/** The value that a service uses: the last assignment in the last of its files that has one. Null: its default. */
export const effectiveOption = (files: readonly ConfigText[], option: IniOption): PlacedAssignment | null =>
  assignmentsOf(files, option).at(-1) ?? null

/** Assignments of an option that a later one overrides, in the order in which a service reads them. */
export const overriddenOptions = (files: readonly ConfigText[], option: IniOption): readonly PlacedAssignment[] =>
  assignmentsOf(files, option).slice(0, -1)

/** All values of an option that may be given several times, in the order in which a service reads them. */
export const allValues = (files: readonly ConfigText[], option: IniOption): readonly string[] =>
  assignmentsOf(files, option).map(({ value }) => value)

/** Assignments that look like the option and have no effect: in another section, or with `-` for `_`. */
export const strayOptions = (files: readonly ConfigText[], { section, key }: IniOption): readonly PlacedAssignment[] =>
  placed(files).filter((one) => {
    const dashed = one.key !== key && one.key.toLowerCase().replaceAll('-', '_') === key
    return sameSection(one.section, section) ? dashed : one.section === 'DEFAULT' && (dashed || one.key === key)
  })

/** Lines that a service refuses, each with its file. */
export const configFaults = (files: readonly ConfigText[]): readonly (IniFault & { readonly path: string })[] =>
  files.flatMap((file) => iniOf(file).faults.map((fault) => ({ ...fault, path: file.path })))

/**
 * The files with an option set: in the file that decides on it now, else in `main`. Files that stay as they are keep
 * their identity.
 */
export function withEffectiveOption<File extends ConfigText>(
  files: readonly File[],
  option: IniOption & { readonly value: string },
  main: string,
): readonly File[] {
  const path = effectiveOption(files, option)?.path ?? main
  const at = files.findLastIndex((file) => file.path === path)
  return files.map((file, index) =>
    index === at ? { ...file, text: withOption(file.text, option, option.value) } : file,
  )
}

const assignmentsOf = (files: readonly ConfigText[], { section, key }: IniOption): readonly PlacedAssignment[] =>
  placed(files).filter((one) => one.key === key && sameSection(one.section, section))

const placed = (files: readonly ConfigText[]): readonly PlacedAssignment[] =>
  files.flatMap((file) => iniOf(file).assignments.map((one) => ({ ...one, path: file.path })))

/** A file is read once, however many options are asked for: nova.conf has ten thousand lines. */
function iniOf(file: ConfigText): IniFile {
  const known = read.get(file) ?? readIni(file.text)
  read.set(file, known)
  return known
}

const read = new WeakMap<ConfigText, IniFile>()
