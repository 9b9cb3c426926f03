/** `2026-11-23 14:52:07 UTC`: a report is read elsewhere and later. */
export const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
