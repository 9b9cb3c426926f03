import { parseBytes } from './bytes.ts'

/** One mounted hugetlbfs. */
export interface HugetlbfsMount {
  readonly target: string
  /** The kernel shows `pagesize=1G` as `pagesize=1024M`, so sizes are compared in bytes. Null when none is shown. */
  readonly pageBytes: number | null
}

/** Any mount, as `findmnt -rn -o TARGET,FSTYPE,OPTIONS` prints it. */
export interface Mount {
  readonly target: string
  readonly type: string
  readonly options: readonly string[]
}

/** Reads `findmnt -rn -o TARGET,FSTYPE,OPTIONS`: raw, so that a blank within a path is `\x20`. One line per mount. */
export function readFindmnt(text: string): Mount[] {
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields.length === 3)
    .map(([target = '', type = '', options = '']) => ({
      target: unescapeTarget(target),
      type,
      options: options.split(','),
    }))
}

/** The hugetlbfs mounts among them, with their page sizes. */
export function hugetlbfsMounts(mounts: readonly Mount[]): HugetlbfsMount[] {
  return mounts
    .filter(({ type }) => type === 'hugetlbfs')
    .map(({ target, options }) => {
      const size = options.find((option) => option.startsWith('pagesize='))
      return { target, pageBytes: size === undefined ? null : parseBytes(size.slice('pagesize='.length)) }
    })
}

const unescapeTarget = (target: string): string =>
  target.replace(/\\x([0-9a-f]{2})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
