/** Milliseconds since 1970: the one place where the product reads a calendar, for people and never for decisions. */
export const now = (): number => Date.now()
