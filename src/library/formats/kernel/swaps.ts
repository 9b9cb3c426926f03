/** A device or file that the kernel swaps to. */
export type Swap = {
  readonly path: string
  readonly kind: 'partition' | 'file'
  readonly usedBytes: number
  /** Negative where the kernel chose it by itself. */
  readonly priority: number
}

/** Reads /proc/swaps: in the order in which they were switched on. A blank within a path is `\040`. */
export const readSwaps = (text: string): readonly Swap[] =>
  [...text.matchAll(/^(\/\S*)\s+(partition|file)\s+(\d+)\s+(\d+)\s+(-?\d+)\s*$/gm)].map(
    ([, path = '', kind, , used, priority]): Swap => ({
      path: path.replace(/\\(\d{3})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 8))),
      kind: kind === 'file' ? 'file' : 'partition',
      usedBytes: Number(used) * 1024,
      priority: Number(priority),
    }),
  )

/** What a line begins with that this product has taken out of fstab. */
export const OUT = '# swap-and-reclaim: '

/** The lines of fstab that switch a swap on, counted from 1. */
export const swapLines = (fstab: string): readonly { readonly line: number; readonly text: string }[] =>
  fstab
    .split('\n')
    .map((text, index) => ({ line: index + 1, text }))
    .filter(({ text }) => isSwap(text))

/** fstab with those lines made comments; every other byte stays. */
export const withoutSwapLines = (fstab: string): string =>
  fstab
    .split('\n')
    .map((line) => (isSwap(line) ? `${OUT}${line}` : line))
    .join('\n')

const isSwap = (line: string): boolean => /^\s*[^#\s]\S*\s+\S+\s+swap(\s|$)/.test(line)
