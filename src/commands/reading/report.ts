import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'

import { makeReport } from '../../engine/make-report.ts'
import { UsageError } from '../../model/errors.ts'
import { htmlReport } from '../../reporter/report/html/html-report.ts'
import { junitReport } from '../../reporter/report/junit-report.ts'
import { markdownReport } from '../../reporter/report/markdown-report.ts'
import { prometheusReport } from '../../reporter/report/prometheus-report.ts'
import type { RunView } from '../../reporter/report/run-view.ts'
import { viewRun } from '../../reporter/report/view-run.ts'
import { findRun } from '../conduct/run-name.ts'
import type { ReportFormat } from '../flags.ts'
import type { Verb } from '../verb.ts'
import { openToRead } from '../wiring.ts'

/** A run as a document for others: for a mail, a ticket, a CI server, a program. It reads the journal alone. */
export const report: Verb = {
  words: ['<run>'],
  flags: ['store', 'format', 'output'],
  examples: [
    ['runbook report 7f3k2 --output 7f3k2.html', 'one page that can be sent on'],
    ['runbook report 7f3k2 --format markdown', 'for a ticket'],
    ['runbook report 7f3k2 --output junit.xml', 'for a CI server'],
    ['runbook report 7f3k2 --output /var/lib/node-exporter/thp.prom', 'for Prometheus'],
  ],
  async act({ operator, options: { output, format, ...options }, words: [run = ''] }) {
    const { journal } = await openToRead({ operator, options })
    try {
      await findRun(journal, run)
      // Found, so there is a journal.
      const rows = (await journal?.rows(run)) ?? []
      const text = WRITTEN[format ?? formatOf(output)](viewRun(rows, makeReport(rows)))
      if (output === undefined) operator.put(text.trimEnd())
      else await write(resolve(operator.folder, output), operator.redactor.text(text))
      return 0
    } finally {
      await journal?.close()
    }
  },
}

const WRITTEN: Readonly<Record<ReportFormat, (view: RunView) => string>> = {
  html: htmlReport,
  junit: junitReport,
  markdown: markdownReport,
  prometheus: prometheusReport,
  json: (view) => `${JSON.stringify(view, null, 2)}\n`,
}

const ENDINGS: Readonly<Record<string, ReportFormat>> = {
  '.xml': 'junit',
  '.md': 'markdown',
  '.json': 'json',
  '.prom': 'prometheus',
}

const formatOf = (output = ''): ReportFormat => ENDINGS[extname(output)] ?? 'html'

/** Whole or not at all, where it is to be a file. Throws UsageError where it cannot be written. */
async function write(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.new`
  try {
    const present = await stat(path).catch(() => null)
    if (present?.isFile() === false) return await writeFile(path, text)
    await writeFile(beside, text, { flag: 'wx', mode: 0o644 })
    await rename(beside, path)
  } catch (cause) {
    await rm(beside, { force: true })
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`the report cannot be written: ${why}`, { cause, remedy: 'Name another file by --output.' })
  }
}
