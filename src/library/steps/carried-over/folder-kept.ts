import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import { type ChangeStep, step } from '../../../model/step.ts'

export type FolderKeptFound = { readonly mode: string | null; readonly owner: string | null }

export interface FolderKeptParts {
  readonly id: string
  readonly path: string
  /** Octal, as `0750`. Default: a new one gets 0755, one that is there keeps its own. */
  readonly mode?: string
  /** Root's, user and group. */
  readonly root?: true
}

/** A folder is there: as Ansible's `file` with `state: directory` has it where the folder around it is there. */
export const folderKept = ({ id, path, mode, root }: FolderKeptParts): ChangeStep<FolderKeptFound> =>
  step<FolderKeptFound>({
    id,
    async check(host): Promise<Check<FolderKeptFound>> {
      const found = await host.ask(whatIsAt(path))
      if (found.kind === 'else') return inTheWay(path)
      if (found.kind === 'nowhere') return noParent(path)
      if (found.kind === 'absent') return needed(`make ${path}`, { mode: null, owner: null })
      const right = (mode === undefined || found.mode === mode) && (!root || found.owner === '0:0')
      if (right) return satisfied(`${path} is there`)
      return needed(`change mode or owner of ${path}`, { mode: found.mode, owner: found.owner })
    },
    async apply(host, { mode: first }) {
      if (first === null) await host.run(sh`mkdir -m ${mode ?? '0755'} -- ${path}`)
      else if (mode !== undefined) await host.run(sh`chmod ${exactly(mode)} -- ${path}`)
      if (first !== null && root) await host.run(sh`chown 0:0 -- ${path}`)
    },
    async rollback(host, { mode: first, owner }) {
      if (first === null) await host.run(sh`if [ -d ${path} ]; then rmdir --ignore-fail-on-non-empty -- ${path}; fi`)
      else await host.run(sh`chown ${owner ?? '0:0'} -- ${path} && chmod ${exactly(first)} -- ${path}`)
    },
  })

/** With fewer digits chmod leaves the bits for groups of a folder as they are. */
const exactly = (mode: string): string => mode.padStart(5, '0')

type Place =
  | { readonly kind: 'folder'; readonly mode: string; readonly owner: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'nowhere' }
  | { readonly kind: 'else' }

const whatIsAt = (path: string): Fact<Place> =>
  fact(
    sh`p=${path}; if [ -d "$p" ] && ! [ -L "$p" ]; then stat -c 'folder %a %u:%g' -- "$p"; elif [ -e "$p" ] || [ -L "$p" ]; then echo else; elif [ -d "\${p%/*}/" ]; then echo absent; else echo nowhere; fi`,
    ({ stdout }) => {
      const [kind, mode = '', owner = ''] = stdout.trim().split(' ')
      if (kind === 'folder') return { kind, mode: mode.padStart(4, '0'), owner }
      if (kind === 'absent' || kind === 'nowhere') return { kind }
      return { kind: 'else' }
    },
  )

const inTheWay = (path: string) =>
  blocked({ code: 'E_NOT_A_FOLDER', because: `${path} is there and is no folder`, remedy: `See: ls -ld ${path}` })

const noParent = (path: string) =>
  blocked({ code: 'E_FILE_MISSING', because: `the folder around ${path} is not there`, remedy: 'Make it first.' })
