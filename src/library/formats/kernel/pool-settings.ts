import { byBootOrder } from './drop-in-order.ts'

/** A line of configuration that sets a pool of static huge pages at boot. */
export interface PoolSetting {
  readonly path: string
  readonly kind: 'sysctl' | 'tmpfiles' | 'script'
  /** KiB of a page; null for the default size, whatever that is. */
  readonly kibi: number | null
  /** Null where the number cannot be read from the line. */
  readonly pages: number | null
}

/**
 * Reads lines of `PATH:TEXT` as grep prints them. Of settings of the same kind and size the one that wins is given:
 * that of the file whose name sorts last, and of files with one name that of the nearest folder. Overcommit is left out.
 */
export function readPoolSettings(text: string): readonly PoolSetting[] {
  const all = [...text.matchAll(/^(\/[^:\n]*):(.*)$/gm)]
    .filter(([, , line = '']) => !line.includes('nr_overcommit_hugepages'))
    .map(([, path = '', line = '']) => settingOf(path, line))
  const winners = Map.groupBy(
    all.sort((a, b) => byBootOrder(a.path, b.path)),
    ({ kind, kibi }) => `${kind} ${kibi}`,
  )
  return [...winners.values()].flatMap((same) => same.at(-1) ?? [])
}

function settingOf(path: string, line: string): PoolSetting {
  const kind = path.includes('sysctl') ? 'sysctl' : path.includes('tmpfiles') ? 'tmpfiles' : 'script'
  const kibi = /hugepages-(\d+)kB/.exec(line)?.[1]
  const number = kind === 'script' ? null : /(?:=|\s)\s*(\d+)\s*$/.exec(line)?.[1]
  return {
    path,
    kind,
    kibi: kibi === undefined ? null : Number(kibi),
    pages: number === null || number === undefined ? null : Number(number),
  }
}
