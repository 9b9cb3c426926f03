import type { MakeError } from './unreachable.ts'

/** The sentences for logins that fail for their keys. */
export function loginErrors(make: MakeError, { place, ssh, user }: Record<'place' | 'ssh' | 'user', string>) {
  return {
    auth: (tried: string, cause: Error) =>
      make('auth', 'E_AUTH', false)(
        `${place} refused the login of ${user} with ${tried} (${cause.message})`,
        `Check \`${ssh}\`, and that the public key stands in ~${user}/.ssh/authorized_keys.`,
        cause,
      ),
    /** Not tried again by itself: each attempt counts as a failed login, and some hosts lock who has many. */
    tooManyKeys: (tried: string, cause: Error) =>
      make('auth', 'E_TOO_MANY_KEYS', false)(
        `${place} ended the login of ${user} with ${tried} before all keys were tried (${cause.message})`,
        'More keys were offered than sshd tries (MaxAuthTries): name the right one as identity in the inventory.',
        cause,
      ),
    noKey: (what: string, remedy: string) =>
      make('auth', 'E_AUTH', false)(`no key to log in as ${user}: ${what}`, remedy),
  }
}
