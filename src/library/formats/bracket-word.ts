/** The active word of a list in which the kernel brackets it: `always [madvise] never` is `madvise`. Null when none is. */
export const activeWord = (text: string): string | null => /\[([^\]\s]+)\]/.exec(text)?.[1] ?? null

/** All words of such a list: `always [madvise] never` offers `always`, `madvise` and `never`. */
export const offeredWords = (text: string): readonly string[] =>
  text
    .replace(/[[\]]/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
