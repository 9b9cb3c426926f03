import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A rule that lets the shell start and forbids it every other program, as far as our words name them. */
const FORBID = `[ -z "$NOEXEC" ] || set -- "$1" "$2" "$(printf %s "$3" | sed 's|/bin/sh|/dev/null|g')"`

/**
 * sudo, doas and su as far as they can be seen from outside: what they say and what they read. The real ones are behind
 * test/transport/become, where every set-up costs a login. Texts are those of sudo 1.9.13, OpenDoas 6.8 and shadow 4.13.
 * ASKS: `yes`, `no`, or `for nothing` when the rule lets nobody in. The right password is `right`.
 * NOEXEC: the rule lets the shell start and nothing else.
 */
const PROGRAMS = {
  sudo: `prompt=
while [ "$1" != -- ]; do [ "$1" = -p ] && prompt=$2; shift; done; shift
${FORBID}
[ -z "$TTY_WANTED" ] || (: </dev/tty) 2>/dev/null || { echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1; }
[ -z "$LECTURE" ] || printf '%s' "$LECTURE" >&2
[ "$ASKS" != no ] || exec "$@"
for try in 1 2 3; do
  printf '%s' "$prompt" >&2
  IFS= read -r word || { echo >&2; echo 'sudo: no password was provided' >&2; exit 1; }
  echo "$word" >>"$SENT"
  echo >&2
  [ "$ASKS" != 'for nothing' ] || { echo 'ops is not in the sudoers file.' >&2; exit 1; }
  [ "$word" != right ] || exec "$@"
  echo 'Sorry, try again.' >&2
done`,
  doas: `silent=; [ "$1" != -n ] || { silent=1; shift; }
${FORBID}
[ "$ASKS" != 'for nothing' ] || { echo 'doas: Operation not permitted' >&2; exit 1; }
[ "$ASKS" != no ] || exec "$@"
[ -z "$silent" ] || { echo 'doas: Authentication required' >&2; exit 1; }
stty -echo </dev/tty
printf 'doas (ops@hv-01) password: ' >/dev/tty
IFS= read -r word </dev/tty; echo "$word" >>"$SENT"
stty echo </dev/tty
echo >/dev/tty
[ "$word" = right ] && exec "$@"
echo 'doas: Authentication failed' >&2; exit 1`,
  su: `printf 'Password: ' >&2
IFS= read -r word; echo "$word" >>"$SENT"
echo >&2
[ "$ASKS" != 'for nothing' ] || { echo 'su: Permission denied' >&2; exit 1; }
[ "$word" = right ] && exec /bin/sh -c "$3"
echo 'su: Authentication failure' >&2; exit 1`,
} as const

/** A folder with them, for the front of PATH, and what was sent to them. */
export async function standIns(): Promise<{
  readonly path: string
  readonly sent: () => Promise<string>
  readonly remove: () => Promise<void>
}> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-become-'))
  for (const [name, text] of Object.entries(PROGRAMS)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
  return {
    path: folder,
    sent: () => readFile(join(folder, 'sent'), 'utf8').catch(() => ''),
    // A stand-in that was let go may be writing its last word.
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  }
}
