import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { linkInTheWay } from './file-kept.ts'

export type LineKeptFound = { readonly before: string }

export interface LineKeptParts {
  readonly id: string
  readonly path: string
  /** Without its newline. Of `absent` it may be left out where `matching` says which lines go. */
  readonly line?: string
  /** The last line with a match is replaced; with `absent`, each line with one goes. */
  readonly matching?: RegExp
  readonly state?: 'present' | 'absent'
  /** A file that is not there is made. Default: the host is refused. */
  readonly create?: true
}

/**
 * A file has a line, or has none such: as Ansible's `lineinfile` has it without insertafter, insertbefore and backrefs.
 * Of several lines that match the last one counts, and a new line goes to the end.
 */
export const lineKept = (parts: LineKeptParts): ChangeStep<LineKeptFound> => {
  const { id, path, state = 'present', create } = parts
  return step<LineKeptFound>({
    id,
    async check(host): Promise<Check<LineKeptFound>> {
      const file = await host.read(path)
      if (file.path !== path) return linkInTheWay(path, file.path)
      if (file.state === 'absent' && state === 'absent') return satisfied(`there is no ${path}`)
      if (file.state === 'absent' && !create) return isMissing(path)
      const wish = textWithLine(file.text, parts)
      if (file.state === 'present' && wish === file.text) return satisfied(`${path} is as wished`)
      return needed(`edit ${path}`, { before: file.fingerprint }, { diff: [file.text, wish] })
    },
    async apply(host, { before }) {
      const file = await host.read(path)
      await host.write(path, textWithLine(file.text, parts), { replacing: before })
    },
    rollback: (host, { before }) => host.restore(path, before),
  })
}

/** The whole text with the line, or without such lines (ansible-core 2.14, lineinfile.py). */
export function textWithLine(
  text: string,
  { line = '', matching, state = 'present' }: Pick<LineKeptParts, 'line' | 'matching' | 'state'>,
): string {
  const lines: readonly string[] = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const isLine = (one: string): boolean => one.replace(/[\r\n]+$/, '') === line
  if (state === 'absent') return lines.filter((one) => !(matching ? matching.test(one) : isLine(one))).join('')
  const matched = matching ? lines.findLastIndex((one) => matching.test(one)) : -1
  const at = matched >= 0 ? matched : lines.findLastIndex(isLine)
  if (at >= 0) return lines.with(at, `${line}\n`).join('')
  const end = lines.at(-1) ?? '\n'
  return `${text}${/[\r\n]$/.test(end) ? '' : '\n'}${line}\n`
}

const isMissing = (path: string) =>
  blocked({
    code: 'E_FILE_MISSING',
    because: `${path} is not there`,
    remedy: 'Make it, or let the step make it: create.',
  })
