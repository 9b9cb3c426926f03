import { fact } from '../../../model/fact.ts'
import { activeWord, offeredWords } from '../../formats/bracket-word.ts'
import { kernelFiles } from './kernel-files.ts'

/** Where the kernel keeps its transparent huge pages. */
export const THP_FOLDER = '/sys/kernel/mm/transparent_hugepage'

/** A setting that takes one of several words. */
export interface Choice {
  readonly active: string
  readonly offered: readonly string[]
}

/** Transparent huge pages of a host: memory that the kernel itself puts together, beside the static pools. */
export interface TransparentPages {
  readonly enabled: Choice | null
  readonly defrag: Choice | null
  readonly shmem: Choice | null
  /** Does khugepaged defragment: 0 or 1; null on a kernel without it. */
  readonly khugepagedDefrag: string | null
  /** Bytes of one page; null on a kernel that does not say. */
  readonly pageBytes: number | null
  /** Kernels from 6.8 on have a folder per size: KiB to its active word; null where only shared memory can have it. */
  readonly perSize: ReadonlyMap<number, string | null>
}

const files = kernelFiles([
  ...['enabled', 'defrag', 'shmem_enabled', 'hpage_pmd_size', 'khugepaged/defrag'].map(
    (file) => `${THP_FOLDER}/${file}`,
  ),
  `${THP_FOLDER}/hugepages-*kB/*enabled`,
])

/** Settings of transparent huge pages; null on a kernel that has none. */
export const transparentPages = fact(files.question, (answer): TransparentPages | null => {
  const found = files.read(answer)
  if (!found.has(`${THP_FOLDER}/enabled`)) return null
  const choice = (file: string): Choice | null => {
    const text = found.get(`${THP_FOLDER}/${file}`) ?? ''
    const active = activeWord(text)
    return active === null ? null : { active, offered: offeredWords(text) }
  }
  const folders = [...found.keys()].flatMap((path) => /\/hugepages-(\d+)kB\//.exec(path)?.[1] ?? [])
  const sizes = [...new Set(folders.map(Number))].sort((a, b) => a - b)
  const wordOf = (kibi: number) => activeWord(found.get(`${THP_FOLDER}/hugepages-${kibi}kB/enabled`) ?? '')
  const pageBytes = found.get(`${THP_FOLDER}/hpage_pmd_size`)
  return {
    enabled: choice('enabled'),
    defrag: choice('defrag'),
    shmem: choice('shmem_enabled'),
    khugepagedDefrag: found.get(`${THP_FOLDER}/khugepaged/defrag`) ?? null,
    pageBytes: pageBytes === undefined ? null : Number(pageBytes),
    perSize: new Map(sizes.map((kibi) => [kibi, wordOf(kibi)])),
  }
})
