/** Local time without seconds, as people say it. */
export const shownTime = (at: number): string => new Date(at).toLocaleString('sv').slice(0, 16)
