/** How QEMU may cache a disk: the constant of nova that lists them. */
export const CACHE_MODES = ['default', 'none', 'writethrough', 'writeback', 'directsync', 'unsafe'] as const

/** The source types of disks in libvirt. nova accepts any other word without a complaint, and without an effect. */
export const CACHED_SOURCES = ['file', 'block', 'network', 'mount'] as const

/** Disk source to cache mode. */
export type CacheModes = Readonly<Record<string, string>>

/** One entry of `[libvirt] disk_cachemodes`, as written. */
export interface CacheModeEntry {
  readonly source: string
  readonly mode: string
}

/** Entries of the option's value. Blanks count where they stand beside `=`: nova does not take them away either. */
export const readCacheModes = (value: string): readonly CacheModeEntry[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=')
      return at === -1 ? { source: part, mode: '' } : { source: part.slice(0, at), mode: part.slice(at + 1) }
    })

/** The modes that nova uses: what it does not know is left out, of several for one source the last counts. */
export const usedCacheModes = (entries: readonly CacheModeEntry[]): CacheModes =>
  Object.fromEntries(entries.filter(isUsed).map(({ source, mode }) => [source, mode]))

export interface CacheModesWish {
  readonly modes: CacheModes
  /** True: nothing but these modes. False: what is there for other sources stays. */
  readonly replace: boolean
}

/** Does a value mean the wished modes and hold nothing that nova ignores? Order does not matter. */
export function meansCacheModes(value: string | null, { modes, replace }: CacheModesWish): boolean {
  const entries = readCacheModes(value ?? '')
  const used = usedCacheModes(entries)
  const all = entries.every(isUsed) && Object.entries(modes).every(([source, mode]) => used[source] === mode)
  return all && (!replace || Object.keys(used).every((source) => source in modes))
}

/** The value to write: in the order of the one that is there, so that the difference stays small; what is new behind it. */
export function writeCacheModes(value: string | null, { modes, replace }: CacheModesWish): string {
  const used = usedCacheModes(readCacheModes(value ?? ''))
  const added = CACHED_SOURCES.filter((source) => source in modes).map((source) => [source, modes[source]])
  const merged = { ...used, ...Object.fromEntries(added) }
  const kept = Object.entries(merged).filter(([source]) => !replace || source in modes)
  return kept.map((pair) => pair.join('=')).join(',')
}

/** Does the mode go past the host's page cache? Only then can Linux's native asynchronous input and output be used. */
export const bypassesPageCache = (mode: string): boolean => mode === 'none' || mode === 'directsync'

const isUsed = ({ mode }: CacheModeEntry): boolean => CACHE_MODES.some((one) => one === mode)
