import { type Command, sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'

/**
 * Sets c to the address from which whoever asks has logged in; exits otherwise than 0 where that cannot be found out.
 * sudo hides it, so the environment of each parent process is looked at.
 */
export const findClient: Command = sh`p=$$ c=; while [ "\${p:-0}" -gt 1 ]; do c=$(tr '\\0' '\\n' <"/proc/$p/environ" 2>/dev/null | sed -n 's/^SSH_CONNECTION=\\([^ ]*\\) .*/\\1/p'); [ -n "$c" ] && break; p=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$p/status" 2>/dev/null); done; [ -n "$c" ]`

/** The hardware address of whoever asks, in small letters; null where it is no neighbour of the host. */
export const clientMac: Fact<string | null> = fact(
  sh`${findClient} && ip neigh show to "$c"`,
  ({ stdout }) => / lladdr (\S+)/.exec(stdout)?.[1]?.toLowerCase() ?? null,
)
