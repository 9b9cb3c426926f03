import { type Command, sh } from '../../model/command.ts'
import { type Answer, type Fact, fact } from '../../model/fact.ts'
import { type GrubEnvironment, readGrubEnvironment } from '../formats/grub-menu.ts'
import { answered } from './answered.ts'

export const GRUB_DEFAULTS = '/etc/default/grub'
export const GRUB_DROP_INS = '/etc/default/grub.d'
export const GRUB_CFG = '/boot/grub/grub.cfg'

/** A shell file that grub-mkconfig sources, in the order in which it does. */
export interface GrubFile {
  readonly path: string
  readonly fingerprint: string
  readonly text: string
  /** What `sh -n` says against it, first line; empty when it is fine. */
  readonly fault: string
}

/** Variables as grub-mkconfig sees them after it has sourced every file. */
export interface GrubVariables {
  readonly GRUB_CMDLINE_LINUX: string
  readonly GRUB_CMDLINE_LINUX_DEFAULT: string
  readonly GRUB_TIMEOUT: string
  readonly GRUB_TIMEOUT_STYLE: string
}

/** /etc/default/grub and its drop-ins. */
export const grubFiles = fact(
  sh`for f in ${GRUB_DEFAULTS} ${dropIns()}; do if [ -f "$f" ]; then printf '%s\\n' "$f" "$(sha256sum <"$f")" "$(base64 <"$f" | tr -d '\\n')" "$(sh -n "$f" 2>&1 | head -n 1)"; fi; done`,
  (answer): readonly GrubFile[] => {
    const lines = answered(answer, 'the files of GRUB').split('\n')
    return Array.from({ length: Math.floor(lines.length / 4) }, (_, index) => {
      const [path = '', hash = '', content = '', fault = ''] = lines.slice(index * 4, index * 4 + 4)
      return { path, fingerprint: `sha256:${hash.split(' ')[0]}`, ...decoded(content, fault) }
    })
  },
)

/** The variables that the present files give; null when a file ends the shell, as one with a syntax error does. */
export const grubVariables: Fact<GrubVariables | null> = fact(
  sh`( set -a; for f in ${GRUB_DEFAULTS} ${dropIns()}; do if [ -e "$f" ]; then . "$f" >/dev/null; fi; done; ${variables()} )`,
  readVariables,
)

/** The variables that these texts would give, sourced in their order; null when a text ends the shell. */
export const grubVariablesOf = (texts: readonly string[]): Fact<GrubVariables | null> => {
  const sourced = texts.reduce((all, text) => sh`${all} eval ${text} >/dev/null;`, sh``)
  return fact(sh`( set -a; ${sourced} ${variables()} )`, readVariables)
}

/** The saved and the one-time choice of the boot menu. */
export const grubEnvironment = fact(
  sh`grub-editenv list 2>/dev/null`,
  ({ stdout }): GrubEnvironment => readGrubEnvironment(stdout),
)

/** Does GRUB understand its generated menu? Empty text, or what it says against it. */
export const grubMenuFault = fact(sh`grub-script-check ${GRUB_CFG}`, ({ exitCode, stderr }) =>
  exitCode === 0 ? '' : stderr.trim() || `grub-script-check ended with ${exitCode}`,
)

/** Is the generated menu what its present inputs generate? */
export const grubMenuIsCurrent = fact(
  sh`grub-mkconfig 2>/dev/null | cmp -s - ${GRUB_CFG}`,
  ({ exitCode }) => exitCode === 0,
)

function dropIns(): Command {
  return { kind: 'command', text: `${GRUB_DROP_INS}/*.cfg` }
}

function variables(): Command {
  return sh`for v in "GRUB_CMDLINE_LINUX=\${GRUB_CMDLINE_LINUX-}" "GRUB_CMDLINE_LINUX_DEFAULT=\${GRUB_CMDLINE_LINUX_DEFAULT-}" "GRUB_TIMEOUT=\${GRUB_TIMEOUT-}" "GRUB_TIMEOUT_STYLE=\${GRUB_TIMEOUT_STYLE-}"; do printf '%s' "$v" | tr '\\n' ' '; echo; done`
}

function readVariables({ exitCode, stdout }: Answer): GrubVariables | null {
  if (exitCode !== 0 || !stdout.includes('GRUB_CMDLINE_LINUX=')) return null
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? ''
  return {
    GRUB_CMDLINE_LINUX: value('GRUB_CMDLINE_LINUX'),
    GRUB_CMDLINE_LINUX_DEFAULT: value('GRUB_CMDLINE_LINUX_DEFAULT'),
    GRUB_TIMEOUT: value('GRUB_TIMEOUT'),
    GRUB_TIMEOUT_STYLE: value('GRUB_TIMEOUT_STYLE'),
  }
}

function decoded(base64: string, fault: string): Pick<GrubFile, 'text' | 'fault'> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), fault }
  } catch {
    return { text: '', fault: fault === '' ? 'is not UTF-8 text' : fault }
  }
}
