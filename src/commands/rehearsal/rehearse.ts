import { UsageError } from '../../model/errors.ts'
import { printable, printableLine } from '../../model/printable.ts'
import { suggest } from '../../model/suggest.ts'
import type { Rehearsal } from '../../rehearsal/read-rehearsal.ts'
import type { Drill } from '../../rehearsal/rehearse.ts'
import type { Verdict } from '../../rehearsal/verdict/verdict.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { findProject } from '../project/find-project.ts'
import type { Verb } from '../verb.ts'
import { findRehearsals } from './find-rehearsals.ts'
import { mayInstall } from './may-install.ts'

/** Real changes on throw-away hosts, with things going wrong on purpose. */
export const rehearse: Verb = {
  words: ['<runbook>', '[variant]'],
  flags: ['hosts', 'on', 'drill', 'set', 'keep', 'yes', 'input', 'json'],
  examples: [
    ['runbook rehearse hugepages-1g', 'plan, run, run again, roll back, on one container host'],
    ['runbook rehearse hugepages-1g --hosts 3 --drill kill,reboot', 'and die in the middle'],
  ],
  async act({ operator, options, words: [runbook = '', variant = ''] }) {
    const { DRILLS, rehearse } = await import('../../rehearsal/rehearse.ts')
    const { on = 'containers' } = options
    if (on !== 'containers') throw new UsageError(`--on ${on}: throw-away hosts are containers here`)
    const drills = (options.drill ?? []).map((name) => {
      const drill = DRILLS.find((known) => known === name)
      if (!drill) throw new UsageError(`--drill ${name}: the drills are ${DRILLS.join(', ')}`)
      return drill
    }) satisfies readonly Drill[]
    const rehearsal = chooseVariant(runbook, variant, await findRehearsals(runbook, await findProject(operator.folder)))
    const ears = operator.hearSignals({
      tell: () => operator.say('Stopping; the hosts are taken down.'),
      farewell: 'Leaving at once. Hosts that are left go at the next rehearsal.',
    })
    try {
      const verdict = await rehearse({
        cli: operator.program,
        runbook,
        rehearsal,
        hosts: options.hosts ?? 1,
        drills,
        params: options.set ?? [],
        keep: options.keep ?? false,
        say: operator.say,
        mayInstall: mayInstall(operator, options),
        signal: ears.drain,
      })
      if (options.json) operator.put(JSON.stringify({ type: 'verdict', ...verdict }))
      else for (const line of verdictText(verdict, operator.dataLook())) operator.put(line)
      return ears.exitCode() ?? verdict.exitCode
    } finally {
      ears.release()
    }
  },
}

function chooseVariant(runbook: string, name: string, all: readonly Rehearsal[]): Rehearsal {
  const found = all.find(({ variant }) => variant === name)
  if (found) return found
  const known = all.map(({ variant }) => variant).filter((variant) => variant !== '')
  const list = known.length > 0 ? `Variants: ${known.join(', ')}` : 'It has no variants'
  const meant = suggest(name, known)
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  throw new UsageError(`rehearse ${runbook}: there is no variant ${JSON.stringify(name)}. ${list}.${advice}`)
}

/** What was shown, step by step and file by file. */
function verdictText({ summary, result, phases, steps, files }: Verdict, look: Look): readonly string[] {
  const longest = Math.max(0, ...steps.map(({ step }) => step.length))
  // What passed was said when it did; of what failed, there was one line.
  const failed = phases.filter(({ passed }) => !passed)
  const tone = result === 'failed' ? 'bad' : 'good'
  return [
    ...failed.flatMap(({ name, text }) => [
      ...wrapText(`  ${look.paint('bad', '✗')} ${name}: ${printable(text)}`, look.columns, 4),
      '',
    ]),
    ...steps.flatMap(({ step, proof, because = '' }) =>
      wrapText(
        `  ${step.padEnd(longest)}  ${proof}${because ? `: ${printableLine(because)}` : ''}`,
        look.columns,
        longest + 4,
      ),
    ),
    ...foldedFiles(files).flatMap(([hosts, changes]) => [
      '',
      `  files that changed on ${look.paint('strong', hosts)}`,
      ...changes.map((change) => `    ${printableLine(change)}`),
    ]),
    '',
    look.paint(tone, summary),
  ]
}

/** Hosts that changed the same files. */
function foldedFiles(files: Verdict['files']): readonly (readonly [hosts: string, changes: readonly string[]])[] {
  const told = Object.entries(files).map(([host, changes]) => ({
    host,
    lines: changes.map(({ act, path }) => `${act.padEnd(8)} ${path}`),
  }))
  const alike = Map.groupBy(told, ({ lines }) => lines.join('\n'))
  return [...alike.values()].map((hosts) => [foldHosts(hosts.map(({ host }) => host)), hosts[0]?.lines ?? []])
}
