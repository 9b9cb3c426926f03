import { type Command, sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { answered, present } from '../answered.ts'

/** A text file with what identifies it. */
export interface TextFile {
  readonly path: string
  readonly fingerprint: string
  readonly text: string
}

/** All files `*.conf` of a folder, in the order of their names. Throws CommandFailed for one that is not UTF-8 text. */
export const confFiles = (folder: string): Fact<readonly TextFile[]> =>
  fact(sh`for f in ${folder}/*.conf; do ${printed()} done`, (answer): readonly TextFile[] => {
    const lines = answered(answer, `the files of ${folder}`).split('\n')
    return Array.from({ length: Math.floor(lines.length / 3) }, (_, index) => {
      const [path = '', hash = '', content = ''] = lines.slice(index * 3, index * 3 + 3)
      const text = present(utf8(content), `${path} as UTF-8 text`)
      return { path, fingerprint: `sha256:${hash.split(' ')[0]}`, text }
    })
  })

const printed = (): Command =>
  sh`if [ -f "$f" ]; then printf '%s\\n' "$f" "$(sha256sum <"$f")" "$(base64 <"$f" | tr -d '\\n')"; fi;`

function utf8(base64: string): string | null {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
