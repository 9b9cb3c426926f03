import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import type { FileState } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'

/** What a kept file must remember for its undo. */
export type FileKeptFound = { readonly before: string; readonly mode: string | null; readonly owner: string | null }

export interface FileKeptParts {
  readonly id: string
  readonly path: string
  /** The whole of it, with its last newline. */
  readonly text: string
  /** Octal, as `0640`. Default: a new file gets 0644, one that is there keeps its own. */
  readonly mode?: string
  /** Root's, user and group. Default: a new file is root's, one that is there keeps its own. */
  readonly root?: true
}

/**
 * A whole file has this text, whoever wrote it before: as Ansible's `copy` has it. A link is refused, since `copy` would
 * put a file in its place and a write would go through it.
 */
export const fileKept = (parts: FileKeptParts): ChangeStep<FileKeptFound> => {
  const { id, path, text, mode, root } = parts
  return step<FileKeptFound>({
    id,
    async check(host): Promise<Check<FileKeptFound>> {
      const file = await host.read(path)
      if (file.path !== path) return linkInTheWay(path, file.path)
      const wrong = differences(file, parts)
      if (wrong.length === 0) return satisfied(`${path} is as wished`)
      const own = file.state === 'present' ? { mode: file.mode, owner: file.owner } : { mode: null, owner: null }
      return needed(`${wrong.join(', ')} ${path}`, { before: file.fingerprint, ...own }, { diff: [file.text, text] })
    },
    async apply(host, { before, mode: first, owner }) {
      const file = await host.read(path)
      if (file.state === 'absent' || file.text !== text)
        await host.write(path, text, { replacing: before, ...(mode === undefined ? {} : { mode }) })
      if (root && owner !== null && owner !== '0:0') await host.run(sh`chown 0:0 -- ${path}`)
      if (mode !== undefined && first !== null && first !== mode) await host.run(sh`chmod ${mode} -- ${path}`)
    },
    async rollback(host, { before, mode: first, owner }) {
      await host.restore(path, before)
      if (root && owner !== null && owner !== '0:0') await host.run(sh`chown ${owner} -- ${path}`)
      if (mode !== undefined && first !== null && first !== mode) await host.run(sh`chmod ${first} -- ${path}`)
    },
  })
}

function differences(file: FileState, { text, mode, root }: FileKeptParts): readonly string[] {
  if (file.state === 'absent') return ['write']
  return [
    ...(file.text === text ? [] : ['write']),
    ...(mode === undefined || file.mode === mode ? [] : [`chmod ${mode}`]),
    ...(root && file.owner !== '0:0' ? ['give to root'] : []),
  ]
}

/** The refusal to change what a link leads to. */
export const linkInTheWay = (path: string, to: string) =>
  blocked({
    code: 'E_FILE_IS_LINK',
    because: `${path} is a link to ${to}`,
    remedy: 'Name the file itself, or remove the link.',
  })
