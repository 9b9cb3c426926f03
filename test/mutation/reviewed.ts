import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Mutants that no test is to kill, by source file; each group with why. A pattern stands for every key it matches. */
export type Reviewed = Readonly<
  Record<string, readonly { readonly why: string; readonly mutants: readonly (string | RegExp)[] }[]>
>

/** One line of the lists: a mutant, or a pattern of mutants, of one source file. */
export interface Entry {
  readonly path: string
  readonly key: string | RegExp
  readonly why: string
}

interface Named {
  readonly path: string
  readonly key: string
}

/** All reviewed survivors, in no order. */
export async function readReviewed(): Promise<readonly Entry[]> {
  const folder = join(import.meta.dirname, 'survivors')
  const lists = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const { survivors } = (await import(join(folder, name))) as { readonly survivors: Reviewed }
      return entriesOf(survivors)
    }),
  )
  return lists.flat()
}

export const entriesOf = (survivors: Reviewed): readonly Entry[] =>
  Object.entries(survivors).flatMap(([path, groups]) =>
    groups.flatMap(({ why, mutants }) => mutants.map((key) => ({ path, key, why }))),
  )

/** Why this mutant may survive, if somebody has looked at it. */
export const whyOf = (entries: readonly Entry[], mutant: Named): string | undefined =>
  entries.find((entry) => covers(entry, mutant))?.why

/** Entries under which nothing survives any more, although everything that they name was tried. */
export function staleEntries(
  entries: readonly Entry[],
  { all, tried, alive }: Readonly<Record<'all' | 'tried' | 'alive', readonly Named[]>>,
): readonly string[] {
  const paths = new Set(all.map(({ path }) => path))
  const stale = entries.filter((entry) => {
    const count = (mutants: readonly Named[]) => mutants.filter((mutant) => covers(entry, mutant)).length
    return paths.has(entry.path) && count(tried) === count(all) && count(alive) === 0
  })
  return stale.map(({ path, key }) => `${path} | ${key}`)
}

const covers = (entry: Entry, { path, key }: Named): boolean =>
  entry.path === path && (typeof entry.key === 'string' ? entry.key === key : entry.key.test(key))
