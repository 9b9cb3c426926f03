import { type Note, warning } from '../../../model/note.ts'
import type { WordAtBoot } from '../../facts/kernel/thp-users.ts'
import { readHugepageArguments } from '../../formats/hugepage-arguments.ts'
import type { PoolSetting } from '../../formats/kernel/pool-settings.ts'
import { sizeInWords } from '../../formats/kernel/size-in-words.ts'
import type { Drift } from '../kernel/drift.ts'
import type { HugepageStatus, PoolStatus } from './hugepage-status.ts'

/** What the next boot will go by. */
export interface NextBoot {
  /** Its command line; null where nobody tells. */
  readonly line: string | null
  /** Configuration beside the command line that sets pools. */
  readonly pools: readonly PoolSetting[]
  /** The file that sets the word of transparent pages. */
  readonly thp: WordAtBoot | null
}

/** How what holds right now differs from what the next boot brings: what is lost then, and what comes only then. */
export const driftFindings = (status: HugepageStatus, next: NextBoot): readonly Note[] => [
  ...commandLineDrift(status, next),
  ...status.pools.flatMap((pool) => poolDrift(pool, status, next)),
  ...transparentDrift(status, next),
]

function commandLineDrift({ cmdline }: HugepageStatus, { line }: NextBoot): readonly Note[] {
  if (line === null) return []
  const coming = inWords(pairsOf(line))
  const running = inWords(cmdline.pairs)
  if (coming === running) return []
  const which = coming === NONE ? 'lost at reboot' : 'only after reboot'
  return [drift(which, `the running kernel was booted with ${running}, the boot loader's default entry has ${coming}`)]
}

/** Compares the pool with what sets it last at boot: a file, else the command line. */
function poolDrift(pool: PoolStatus, status: HugepageStatus, next: NextBoot): readonly Note[] {
  const size = sizeInWords(pool.sizeKb)
  const kept = pool.total - pool.surplus
  const file = next.pools.find(({ kibi, pages }) => pages !== null && (kibi ?? status.defaultSizeKb) === pool.sizeKb)
  const coming = file?.pages ?? pagesOf(next.line === null ? status.cmdline.pairs : pairsOf(next.line), pool.sizeKb)
  // Fewer than the command line that was booted is no drift: the kernel did not get them then, or they come with another.
  if (kept === coming || (kept < coming && file === undefined)) return []
  const by = file === undefined ? 'the next boot gives' : `${file.path} asks for`
  return [
    drift(kept > coming ? 'lost at reboot' : 'only after reboot', `${size} pool has ${kept} pages, ${by} ${coming}`),
  ]
}

function transparentDrift({ thp }: HugepageStatus, next: NextBoot): readonly Note[] {
  const last =
    next.line === null ? undefined : / transparent_hugepage=(\S+)(?!.* transparent_hugepage=)/.exec(` ${next.line}`)
  const coming = next.thp ?? (last?.[1] === undefined ? null : { by: "the boot loader's default entry", word: last[1] })
  if (coming === null || thp?.enabled === null || thp?.enabled === undefined || thp.enabled === coming.word) return []
  return [drift('only after reboot', `transparent huge pages are ${thp.enabled}, ${coming.by} sets ${coming.word}`)]
}

const drift = (which: Drift, text: string): Note => warning('W_DRIFT', `${text}: ${ENDS[which]}`, { drift: which })

const ENDS: Readonly<Record<Drift, string>> = {
  'lost at reboot': 'what holds right now is lost at reboot',
  'only after reboot': 'that holds only after reboot, not right now',
}

type Pairs = HugepageStatus['cmdline']['pairs']

const pairsOf = (line: string): Pairs =>
  [...readHugepageArguments(line).pools].map(([bytes, count]) => [bytes / 1024, count] as const)

const NONE = 'no huge pages'

const inWords = (pairs: Pairs): string =>
  [...pairs]
    .sort(([a], [b]) => b - a)
    .map(([kibi, count]) => `${sizeInWords(kibi)}\u00d7${count}`)
    .join(' ') || NONE

/** Pages of a size, over all nodes. */
export function pagesOf(pairs: Pairs, sizeKb: number): number {
  const count = pairs.find(([kibi]) => kibi === sizeKb)?.[1] ?? '0'
  return count.split(',').reduce((sum, part) => sum + Number(part.slice(part.indexOf(':') + 1)), 0)
}
