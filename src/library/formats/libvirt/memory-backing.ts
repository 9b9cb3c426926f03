import { childOf, type XmlElement } from './read-xml.ts'
import { element } from './write-xml.ts'

/** The `<memoryBacking>` of a guest; undefined where it has none. */
export type MemoryBacking = XmlElement | undefined

/** Static huge pages that shall back a guest. */
export interface BackingWish {
  readonly pageKib: number
  /** The size that a guest gets which names none. */
  readonly defaultKib: number
}

/** Is a guest backed by huge pages of this size, all of it? */
export function isBackedBy(backing: MemoryBacking, { pageKib, defaultKib }: BackingWish): boolean {
  const pages = pagesOf(backing)
  if (pages === null) return false
  if (pages.length === 0) return pageKib === defaultKib
  return pages.length === 1 && pages[0]?.attributes.has('nodeset') === false && kibOf(pages[0]) === pageKib
}

/** Why huge pages of this size cannot be added to what a guest has; null when they can. */
export function backingConflict(backing: MemoryBacking, wish: BackingWish): string | null {
  const source = childOf(backing, 'source')?.attributes.get('type')
  if (source === 'anonymous' || source === 'file') return `hugepages are not allowed with ${source} memory source`
  if (childOf(backing, 'allocation')?.attributes.get('mode') === 'ondemand') {
    return 'hugepages are not allowed with memory allocation ondemand'
  }
  const pages = pagesOf(backing)
  if (pages === null || isBackedBy(backing, wish)) return null
  return `it has pages of ${pages.map((page) => `${kibOf(page)} KiB`).join(', ') || `${wish.defaultKib} KiB, the default`}`
}

/** The same with huge pages; the size is named only where it is not what a guest gets anyway. */
export function withHugePages(backing: MemoryBacking, { pageKib, defaultKib }: BackingWish): XmlElement {
  const page = pageKib === defaultKib ? [] : [element('page', { size: String(pageKib), unit: 'KiB' })]
  const others = (backing?.children ?? []).filter(({ name }) => name !== 'hugepages')
  return { ...element('memoryBacking'), children: [element('hugepages', {}, page), ...others] }
}

function pagesOf(backing: MemoryBacking): readonly XmlElement[] | null {
  const hugepages = childOf(backing, 'hugepages')
  return hugepages ? hugepages.children.filter(({ name }) => name === 'page') : null
}

const kibOf = (page: XmlElement): number =>
  Number(page.attributes.get('size')) * (FACTORS[page.attributes.get('unit') ?? 'KiB'] ?? 1)

const FACTORS: Readonly<Record<string, number>> = { KiB: 1, MiB: 1024, GiB: 1024 ** 2, K: 1, M: 1024, G: 1024 ** 2 }
