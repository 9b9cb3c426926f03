import { inWords } from '../../model/duration.ts'
import { printable, printableLine } from '../../model/printable.ts'
import type { Difference } from '../../rehearsal/verdict/snapshot.ts'
import type { RehearsedStep, Verdict } from '../../rehearsal/verdict/verdict.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'

/** `hugepages-1g`, or `hugepages-1g rhel` where it is a variant. */
export const nameOf = ({ runbook, variant }: Pick<Verdict, 'runbook' | 'variant'>): string =>
  variant === '' ? runbook : `${runbook} ${variant}`

/** What was shown, step by step and file by file. What passed was said when it did. */
export function verdictText(verdict: Verdict, look: Look): readonly string[] {
  return [
    ...failuresText(verdict, look),
    ...stepsText(verdict.steps, look),
    ...foldedFiles(verdict.files).flatMap(([hosts, changes]) => [
      '',
      `  changed on ${look.paint('strong', hosts)}`,
      ...changes.flatMap((change) => wrapText(`    ${printableLine(change)}`, look.columns, 13)),
    ]),
    '',
    look.paint(toneOf(verdict), verdict.summary),
  ]
}

/** One of many: what was shown act by act, and its steps. */
export function blockText(verdict: Verdict, look: Look): readonly string[] {
  const acts = verdict.phases.filter(({ name, passed }) => passed && name !== 'time')
  return [
    look.paint('strong', nameOf(verdict)),
    ...acts.flatMap(({ name, text }) =>
      wrapText(`  ${look.paint('good', '✓')} ${name}: ${printable(text)}`, look.columns, 4),
    ),
    ...failuresText(verdict, look),
    ...stepsText(verdict.steps, look),
    '',
  ]
}

/** All verdicts as one table, and how many of each kind there are. */
export function tableText(
  verdicts: readonly Verdict[],
  { seed, milliseconds }: { seed: number; milliseconds: number },
  look: Look,
): readonly string[] {
  const names = verdicts.map(nameOf)
  const wide = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length))
  const [first, second] = [wide(['runbook', ...names]), wide(['verdict', ...verdicts.map(({ summary }) => summary)])]
  const row = (name: string, verdict: string, time: string) =>
    `${name.padEnd(first)}  ${verdict.padEnd(second)}  ${time}`
  const steps = verdicts.flatMap((verdict) => verdict.steps)
  const kinds = (['real', 'emulated', 'not here', 'not exercised'] as const).map(
    (kind) => `${steps.filter(({ proof }) => proof === kind).length} ${kind}`,
  )
  const { passed, failed } = totalsOf(verdicts)
  return [
    look.paint('strong', row('runbook', 'verdict', 'time')),
    ...verdicts.map((verdict, index) =>
      look.paint(toneOf(verdict), row(names[index] ?? '', verdict.summary, inWords(verdict.milliseconds))),
    ),
    '',
    `rehearsals: ${passed} passed, ${failed} failed, in ${inWords(milliseconds)}, seed ${seed}. Steps: ${kinds.join(', ')}.`,
  ]
}

export function totalsOf(verdicts: readonly Verdict[]): { readonly passed: number; readonly failed: number } {
  const failed = verdicts.filter(isFailed).length
  return { passed: verdicts.length - failed, failed }
}

export const isFailed = ({ result }: Verdict): boolean => result === 'failed'

const toneOf = (verdict: Verdict) => (isFailed(verdict) ? 'bad' : 'good')

function failuresText({ phases }: Verdict, look: Look): readonly string[] {
  const failed = phases.filter(({ passed }) => !passed)
  return failed.flatMap(({ name, text }) => [
    ...wrapText(`  ${look.paint('bad', '✗')} ${name}: ${printable(text)}`, look.columns, 4),
    '',
  ])
}

function stepsText(steps: readonly RehearsedStep[], look: Look): readonly string[] {
  const longest = Math.max(0, ...steps.map(({ step }) => step.length))
  return steps.flatMap(({ step, proof, because = '' }) =>
    wrapText(
      `  ${step.padEnd(longest)}  ${proof}${because ? `: ${printableLine(because)}` : ''}`,
      look.columns,
      longest + 4,
    ),
  )
}

/** Hosts that changed the same way. */
function foldedFiles(files: Verdict['files']): readonly (readonly [hosts: string, changes: readonly string[]])[] {
  const changed = Object.entries(files).filter(([, changes]) => changes.length > 0)
  const told = changed.map(([host, changes]) => ({
    host,
    lines: changes.map((change) => `${change.act.padEnd(8)} ${change.path}${valuesText(change)}`),
  }))
  const alike = Map.groupBy(told, ({ lines }) => lines.join('\n'))
  return [...alike.values()].map((hosts) => [foldHosts(hosts.map(({ host }) => host)), hosts[0]?.lines ?? []])
}

/** Of a setting, such as a pool or the kernel's command line, what it was and is; of a file its name says enough. */
function valuesText({ path, before, after }: Difference): string {
  if (path.startsWith('/') || (before === undefined && after === undefined)) return ''
  return `: ${[before, after].map((value) => value ?? 'nothing').join(' → ')}`
}
