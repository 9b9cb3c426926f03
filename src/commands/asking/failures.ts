import type { CommandFailed, HostUnreachable, RunbookError } from '../../model/errors.ts'
import { printable } from '../../model/printable.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { tailLines } from '../../reporter/wording/report-text.ts'
import { speakOfAll } from '../../reporter/wording/speak-of-all.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import type { Looked } from '../../runtime/look-at-hosts.ts'

/** Hosts that gave no answer as lines, those with the same cause together. */
export function failureLines(looked: readonly Looked<unknown>[], look: Look): readonly string[] {
  const failed = looked.flatMap((one) => (one.state === 'answered' ? [] : [one]))
  const groups = Map.groupBy(failed, ({ host, error }) => JSON.stringify(speakOfAll(said(error), host, [])))
  return [...groups.values()].flatMap((group) => groupLines(group, look))
}

type Failed = Exclude<Looked<unknown>, { state: 'answered' }>

function groupLines(group: readonly Failed[], look: Look): readonly string[] {
  const names = group.map(({ host }) => host)
  const [{ host, error }] = group as [Failed]
  const { code, stage, text, remedy, tail } = speakOfAll(said(error), host, names)
  const where = stage === undefined ? '' : `${stage}: `
  const head = `${look.paint('bad', '✗')} ${look.paint('strong', foldHosts(names))}: ${where}${code}: ${printable(text)}`
  return [
    ...wrapText(head, look.columns, 2),
    ...tailLines(tail, 2, look),
    ...(remedy === '' ? [] : wrapText(`  → ${printable(remedy)}`, look.columns, 4)),
  ]
}

/** An error as plain data. */
export function said(error: RunbookError): Said {
  const { stage } = error as Partial<HostUnreachable>
  const { tail = '' } = error as Partial<CommandFailed>
  return { code: error.code, ...(stage ? { stage } : {}), text: error.message, remedy: error.remedy, tail }
}

export interface Said {
  readonly code: string
  readonly stage?: string
  readonly text: string
  readonly remedy: string
  readonly tail: string
}
