import { quote } from '../../model/command.ts'
import type { Shells } from '../shell/shells.ts'

export interface FollowParts {
  readonly shells: Pick<Shells, 'look'>
  /** The file on the host into which the command prints. */
  readonly file: string
  readonly onOutput: ((line: string) => void) | undefined
}

const EVERY = 1_000
const MOST_AT_ONCE = 16_384
/** A longer line is not shown: the host decides whether it ever ends. */
const LONGEST_LINE = 65_536

/**
 * Shows what a long command prints while it runs. Asked for only after it has run for a second, so that the many
 * short ones cost nothing; lossy when it prints more than can be shown.
 */
export function followOutput({ shells, file, onOutput }: FollowParts): { stop(): void } {
  let seen = 0
  // As bytes: a letter that is cut in two belongs together before anybody looks for a secret in it.
  let rest: Uint8Array = Buffer.alloc(0)
  let tooLong = false
  let timer = onOutput ? setTimeout(look, EVERY) : undefined
  let stopped = false

  function look(): void {
    const command = `tail -c +${seen + 1} ${quote(file)} 2>/dev/null | head -c ${MOST_AT_ONCE}`
    shells.look(command, 10_000).then(
      ({ stdout }) => {
        if (stopped) return
        seen += stdout.head.length
        const bytes = Buffer.concat([rest, stdout.head])
        const end = bytes.lastIndexOf(0x0a) + 1
        const lines = end > 0 ? bytes.toString('utf8', 0, end - 1).split('\n') : []
        // Nor is its end, of which nobody can tell whether half a secret stands there.
        for (const line of tooLong ? lines.slice(1) : lines) onOutput?.(line)
        const open = tooLong && end === 0
        tooLong = open || bytes.length - end > LONGEST_LINE
        rest = tooLong ? Buffer.alloc(0) : bytes.subarray(end)
        timer = setTimeout(look, EVERY)
      },
      // The change itself tells what became of the line; this is only a view of it.
      () => {},
    )
  }

  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
