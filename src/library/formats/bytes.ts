const FACTORS = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const

/** The sizes of static huge pages on x86-64. */
export type PageSize = '1G' | '2M'

/** The sizes in the order in which kernel arguments name them. */
export const PAGE_SIZES: readonly PageSize[] = ['1G', '2M']

/** Bytes of one huge page. */
export const PAGE_BYTES: Readonly<Record<PageSize, number>> = { '1G': FACTORS.G, '2M': 2 * FACTORS.M }

/**
 * Bytes of a size as kernels, mounts and people write it: 2048, 2048K, 2M, 8G; powers of 1024, letters of either case.
 * Null for text that is none.
 */
export function parseBytes(text: string): number | null {
  const match = /^(\d+)([KMGT]?)$/.exec(text.toUpperCase())
  if (!match) return null
  // The pattern above admits only these letters.
  return Number(match[1]) * FACTORS[match[2] as keyof typeof FACTORS]
}

/** Bytes as people read them, in the largest unit with at most two digits of fraction: 94.31 GiB. */
export function bytesInWords(bytes: number): string {
  const [unit, factor] =
    bytes >= FACTORS.G ? ['GiB', FACTORS.G] : bytes >= FACTORS.M ? ['MiB', FACTORS.M] : ['KiB', FACTORS.K]
  return `${Number((bytes / factor).toFixed(2))} ${unit}`
}
