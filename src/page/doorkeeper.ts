import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Who may see the page: whoever has the token first, and only he. */
export interface Doorkeeper {
  /** For the address that the operator opens. */
  readonly token: string
  /** The session of who shows the token, once; null for anything else and for any later time. */
  enter(token: string): string | null
  /** Is this the session that was given out? */
  knows(session: string): boolean
}

/** Both are 256 random bits. A session stays in the memory of its tab: no cookie, which any port of this machine would be sent. */
export function doorkeeper(): Doorkeeper {
  const token = secretText()
  let session: string | null = null
  return {
    token,
    enter(shown) {
      if (session !== null || !same(shown, token)) return null
      session = secretText()
      return session
    },
    knows: (shown) => session !== null && same(shown, session),
  }
}

const secretText = (): string => randomBytes(32).toString('base64url')

const same = (shown: string, kept: string): boolean => timingSafeEqual(digest(shown), digest(kept))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
