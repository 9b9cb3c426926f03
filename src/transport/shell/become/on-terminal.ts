import { quote } from '../../../model/command.ts'

/**
 * A command line that gives `command` a terminal of its own, by util-linux's `script`, while its three streams stay
 * pipes: what goes through a terminal would come back changed. What it prints on the terminal comes on stderr.
 * `typed`: the first line of stdin is typed at the terminal, for programs that read passwords there alone.
 */
export function onTerminal(command: string, { typed }: { readonly typed: boolean }): string {
  const inside = quote(`${command} <&3 >&4 2>&5 3<&- 4>&- 5>&-`)
  // `read` takes byte by byte from a pipe, so nothing behind the first line is lost.
  const input = typed ? `(IFS= read -r line <&3; printf '%s\\n' "$line") |` : '</dev/null'
  return `/bin/sh -c ${quote(`exec 3<&0 4>&1 5>&2; ${input} exec script -qec ${inside} /dev/null >&5`)}`
}
