import { RunbookError, UsageError } from '../../model/errors.ts'
import { printable } from '../../model/printable.ts'
import type { Look } from './paint.ts'
import { tailLines } from './report-text.ts'
import { wrapText } from './wrap-text.ts'

/** An error as lines: what, why, and what to type next. Anything but a RunbookError is our own defect and says so. */
export function errorText(error: unknown, look: Look): readonly string[] {
  if (!(error instanceof RunbookError)) return defectText(error, look)
  const faults = error instanceof UsageError ? error.faults : [error.message]
  const code = error instanceof UsageError ? '' : `${error.code}: `
  return [
    ...faults.flatMap((fault) => wrapText(`${look.paint('bad', '✗')} ${code}${printable(fault)}`, look.columns, 2)),
    ...('tail' in error && typeof error.tail === 'string' ? tailLines(error.tail, 2, look) : []),
    ...(error.remedy === '' ? [] : wrapText(`  → ${printable(error.remedy)}`, look.columns, 4)),
  ]
}

function defectText(error: unknown, look: Look): readonly string[] {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const causes = error instanceof Error ? causesOf(error) : []
  return [
    ...wrapText(`${look.paint('bad', '✗')} This is a defect of runbook, not of your input.`, look.columns, 2),
    ...[detail, ...causes].flatMap((text) => printable(text).split('\n')).map((line) => `  ${line}`),
    ...wrapText('  → Report it with the lines above. What is in the journal stays: runbook status', look.columns, 4),
  ]
}

function causesOf(error: Error): readonly string[] {
  if (error.cause === undefined) return []
  if (!(error.cause instanceof Error)) return [`caused by: ${String(error.cause)}`]
  return [`caused by: ${error.cause.stack ?? error.cause.message}`, ...causesOf(error.cause)]
}
