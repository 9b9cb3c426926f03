/** The last three lines that somebody said, as one line. */
export const lastWords = (text: string): string =>
  text
    .trim()
    .split(/\s*\n\s*/)
    .slice(-3)
    .join(' / ')
