import { quote } from '../model/command.ts'
import type { FileState } from '../model/probe.ts'
import { LARGEST_FILE, presentFile, REAL_PATH } from './read-file.ts'
import type { FrameAnswer } from './shell/frame-parser.ts'

/** More paths than this are read in several requests. */
const MOST_PATHS = 64
/** What the kernel makes up as it is read has no length before. */
const MADE_UP = /^\/(proc|sys|dev)\//

export interface ReadParts {
  readonly one: (path: string) => Promise<FileState>
  /** Read-only command as root. */
  readonly ask: (command: string) => Promise<FrameAnswer>
}

/**
 * Reads files that are asked for in one tick by one request: a host starts three processes for all of them, and not
 * two for each. What does not lie together as expected is read apart, so that errors are told as of one file.
 */
export function readTogether({ one, ask }: ReadParts): (path: string) => Promise<FileState> {
  let waiting: Waiting[] = []

  async function readAll(all: readonly Waiting[]): Promise<void> {
    const paths = all.map(({ path }) => path)
    const found = all.length === 1 ? null : readAnswer(paths, await ask(readAllText(paths)).catch(() => null))
    all.forEach(({ path, settle }, index) => {
      settle(found?.[index] ?? one(path))
    })
  }

  function leave(): void {
    const all = waiting
    waiting = []
    for (let from = 0; from < all.length; from += MOST_PATHS) void readAll(all.slice(from, from + MOST_PATHS))
  }

  return (path) => {
    if (MADE_UP.test(path) || path.includes('\0')) return one(path)
    return new Promise((settle) => {
      // Behind everything that this tick still asks.
      if (waiting.length === 0) setImmediate(leave)
      waiting.push({ path, settle })
    })
  }
}

interface Waiting {
  readonly path: string
  readonly settle: (file: FileState | Promise<FileState>) => void
}

/**
 * Answers with a line of state per path, then for those that are there a line of mode, owner and size each, the real
 * paths closed by NUL each, and the bytes of all. Exits other than 0 where one of them was changed meanwhile.
 */
const readAllText = (paths: readonly string[]): string => `
set --
for path in ${paths.map(quote).join(' ')}; do
[ -e "$path" ] || { echo absent; continue; }
[ -f "$path" ] || { echo other; continue; }
echo present
${REAL_PATH}
set -- "$@" "$file"
done
[ "$#" -gt 0 ] || exit 0
about=$(stat -c '%a %u:%g %s %i %Y %Z' -- "$@") || exit 1
printf '%s\\n' "$about"
printf '%s\\0' "$@"
head -q -c ${LARGEST_FILE + 1} -- "$@" && [ "$(stat -c '%a %u:%g %s %i %Y %Z' -- "$@")" = "$about" ]`

/** Null for a file that must be read apart; null instead of the list where all must. */
function readAnswer(paths: readonly string[], answer: FrameAnswer | null): readonly (FileState | null)[] | null {
  if (answer === null || answer.exitCode !== 0 || answer.stdout.leftOut > 0) return null
  const cut = cutter(Buffer.concat([answer.stdout.head, answer.stdout.tail]))
  const states = paths.map(() => cut.until('\n'))
  const there = states.filter((state) => state === 'present')
  const about = there.map(() => cut.until('\n').split(' '))
  const real = there.map(() => cut.until('\0'))
  const contents = about.map(([, , size]) => cut.bytes(Number(size)))
  if (cut.left() !== 0) return null
  let next = 0
  return states.map((state, index) => {
    if (state === 'absent') return { state, path: paths[index]!, text: '', fingerprint: 'absent' }
    if (state !== 'present') return null
    const [mode = '', owner = ''] = about[next] ?? []
    const [path, content] = [real[next]!, contents[next]!]
    next += 1
    return presentFile({ path, mode, owner, content })
  })
}

/** Takes pieces off the front. What is cut beyond the end leaves less than nothing. */
function cutter(bytes: Buffer) {
  let from = 0
  return {
    until(end: string): string {
      const at = bytes.indexOf(end, from)
      const to = at < 0 ? bytes.length : at
      const piece = bytes.toString('utf8', from, to)
      from = to + 1
      return piece
    },
    bytes(count: number): Buffer {
      from += count
      return bytes.subarray(from - count, from)
    },
    left: () => bytes.length - from,
  }
}
