import { quote } from '../../model/command.ts'
import { Blocked } from '../../model/errors.ts'
import type { RevealSecret } from '../../model/inventory.ts'
import type { Secret } from '../../model/secret.ts'

/** Secrets that one probe or session was given, and the watch over what becomes a command line. */
export interface KnownSecrets {
  secret(reference: string): Secret
  /** The text as it is. Throws Blocked where one of the secrets stands in it. */
  without(text: string): string
  /** Does one of the secrets stand in these bytes? */
  standIn(content: Uint8Array): boolean
}

export function knownSecrets(reveal: RevealSecret): KnownSecrets {
  const given = new Map<string, string>()
  return {
    secret(reference) {
      const secret = reveal(reference)
      given.set(reference, secret.reveal())
      return secret
    },
    without(text) {
      for (const [reference, value] of given) {
        if (!text.includes(value) && !text.includes(quote(value).slice(1, -1))) continue
        throw new Blocked(`a command holds the secret ${reference}, and every user of a host may read command lines`, {
          code: 'E_SECRET_IN_COMMAND',
          remedy: 'Write it into a file of mode 0600 and let the command read that.',
        })
      }
      return text
    },
    standIn(content) {
      // Most files are written by steps that were given none.
      if (given.size === 0) return false
      const text = new TextDecoder().decode(content)
      return [...given.values()].some((value) => text.includes(value))
    },
  }
}
