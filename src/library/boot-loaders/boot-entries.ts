import type { Probe, Session } from '../../model/probe.ts'
import { confFiles, type TextFile } from '../facts/boot/text-files.ts'
import { type BootEntry, isRescue, readBootEntry, withOptions } from '../formats/boot/boot-entry.ts'
import { kernelArguments, replaceArguments } from '../formats/kernel-command-line.ts'
import type { FileWish } from './boot-loader.ts'
import type { WantedArguments } from './wanted-arguments.ts'

/** A file of the Boot Loader Specification and what it says. */
export interface EntryFile extends TextFile {
  readonly entry: BootEntry
}

/** The entries of a folder that start a Linux. */
export async function entryFiles(host: Probe, folder: string): Promise<readonly EntryFile[]> {
  const files = await host.ask(confFiles(folder))
  return files.flatMap((file) => {
    const entry = readBootEntry(file.path, file.text)
    return entry ? [{ ...file, entry }] : []
  })
}

/**
 * The entry with the block at the end of its options and none of the keys elsewhere. A rescue entry gets no block: it is
 * the way out of a boot that the arguments make impossible.
 */
export function entryWish(file: EntryFile, { keys, block }: WantedArguments, inEntry = true): FileWish {
  const { path, fingerprint, text, entry } = file
  const options = replaceArguments(entry.options, keys, inEntry && !isRescue(entry) ? block : '')
  return { path, before: fingerprint, text, wish: withOptions(text, options) }
}

/** The same without any of the keys. */
export const entryWithout = (file: EntryFile, wanted: WantedArguments): FileWish => entryWish(file, wanted, false)

/** What keeps entries from carrying the arguments; `lineOf` gives the command line that an entry means. */
export function entryFaults(
  entries: readonly BootEntry[],
  chosen: BootEntry | null,
  wanted: WantedArguments,
  lineOf: (entry: BootEntry) => string,
): readonly string[] {
  if (chosen === null) return ['there is no entry']
  const lacks = (entry: BootEntry) => !wanted.carries(lineOf(entry))
  const normal = entries.filter((entry) => !isRescue(entry) && lacks(entry))
  const tainted = entries.filter((entry) => isRescue(entry) && namesKeys(entry.options, wanted))
  return [
    ...(lacks(chosen) ? [`the default entry "${chosen.title}" lacks the arguments`] : []),
    ...(normal.length > 0 ? [`${normal.length} normal entries do not carry them exactly once`] : []),
    ...(tainted.length > 0 ? [`${tainted.length} rescue entries carry them`] : []),
  ]
}

export const namesKeys = (line: string, { keys }: WantedArguments): boolean =>
  kernelArguments(line).some(({ key }) => keys.includes(key))

/** Writes the files that are not as wished. */
export async function putInPlace(host: Session, wishes: readonly FileWish[]): Promise<void> {
  for (const { path, before, text, wish } of wishes) {
    if (text !== wish) await host.write(path, wish, { replacing: before })
  }
}

/** Keeps the bytes of files that the next command may rewrite. */
export async function keepAll(host: Session, paths: readonly string[]): Promise<void> {
  for (const path of paths) await host.keep(path)
}
