/** A page size as kernel arguments write it: 1048576 KiB is `1G`, 2048 is `2M`, 64 is `64K`. */
export function sizeInWords(kibi: number): string {
  if (kibi % 1024 ** 2 === 0) return `${kibi / 1024 ** 2}G`
  return kibi % 1024 === 0 ? `${kibi / 1024}M` : `${kibi}K`
}

/** A number of pages: `1 page of 1G`, `64 pages of 2M`. */
export const pagesInWords = (count: number, kibi: number): string =>
  `${count} ${count === 1 ? 'page' : 'pages'} of ${sizeInWords(kibi)}`
