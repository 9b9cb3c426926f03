import { createHash } from 'node:crypto'
import { quote } from '../model/command.ts'
import { Blocked, CommandFailed } from '../model/errors.ts'
import type { FileState } from '../model/probe.ts'
import { asText } from './shell/bounded-bytes.ts'
import type { FrameAnswer } from './shell/frame-parser.ts'

/** Above this no file is read into memory. */
export const LARGEST_FILE = 4 * 1024 * 1024

/** Sets file to where $path really lies; a process is started only for a link. The working directory is lost. */
export const REAL_PATH = `if ! [ -L "$path" ] && cd -P -- "\${path%/*}/" 2>/dev/null
then file=\${PWD%/}/\${path##*/}
else file=$(readlink -f -- "$path"; echo .) && file=\${file%??}
fi`

/** Answers with a line of state, mode and owner, the real path closed by NUL, and the bytes. */
export const readFileText = (path: string): string => `
path=${quote(path)}
[ -e "$path" ] || { echo absent; exit 0; }
[ -d "$path" ] && { echo directory; exit 0; }
[ -f "$path" ] || { echo special; exit 0; }
${REAL_PATH}
stat -c 'present %a %u:%g' -- "$file" || exit 1
printf '%s\\0' "$file"
exec head -c ${LARGEST_FILE + 1} -- "$file"`

/** Throws Blocked for a directory, a device or a file above 4 MiB; CommandFailed when it cannot be read. */
export function readFileAnswer(host: string, path: string, answer: FrameAnswer): FileState {
  const bytes = Buffer.concat([answer.stdout.head, answer.stdout.tail])
  const [state, mode = '', owner = ''] = bytes.subarray(0, firstLineEnd(bytes)).toString().split(' ')
  if (state === 'absent') return { state, path, text: '', fingerprint: 'absent' }
  if (state === 'directory') throw blocked('E_FILE_IS_DIRECTORY', `${host}: ${path} is a directory, not a file`)
  if (state === 'special') throw blocked('E_FILE_SPECIAL', `${host}: ${path} is no regular file`)
  if (state !== 'present' || answer.exitCode !== 0) {
    const tail = asText(answer.stderr).trim()
    throw new CommandFailed(`${host}: cannot read ${path}`, {
      exitCode: answer.exitCode,
      tail,
      code: 'E_FILE_UNREADABLE',
    })
  }
  const from = firstLineEnd(bytes) + 1
  const end = bytes.indexOf(0, from)
  const content = bytes.subarray(end + 1)
  if (content.length > LARGEST_FILE) throw blocked('E_FILE_TOO_LARGE', `${host}: ${path} is larger than 4 MiB`)
  return presentFile({ path: bytes.toString('utf8', from, end), mode, owner, content })
}

/** A file that is there. `mode`: as stat prints it. */
export const presentFile = ({
  path,
  mode,
  owner,
  content,
}: {
  readonly path: string
  readonly mode: string
  readonly owner: string
  readonly content: Buffer
}): FileState => ({
  state: 'present',
  path,
  text: content.toString('utf8'),
  fingerprint: `sha256:${createHash('sha256').update(content).digest('hex')}`,
  mode: mode.padStart(4, '0'),
  owner,
})

function firstLineEnd(bytes: Buffer): number {
  const end = bytes.indexOf(0x0a)
  return end < 0 ? bytes.length : end
}

const blocked = (code: string, message: string): Blocked =>
  new Blocked(message, { code, remedy: 'Look at the path on the host; nothing was changed.' })
