/** A span of time with its unit: '250ms', '10s', '30m', '2h'. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}`

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** Milliseconds of a duration. Throws TypeError for text that is none. */
export function milliseconds(duration: Duration): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration)
  if (!match) throw new TypeError(`"${duration}" is no duration. Write a number and ms, s, m or h, such as '30m'.`)
  // The pattern above admits only these four units.
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
}

/** A span as people say it: 850ms, 12s, 3m 05s, 2h 10m. */
export function inWords(span: number): string {
  if (span < 1_000) return `${Math.round(span)}ms`
  const seconds = Math.round(span / 1_000)
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`
}
