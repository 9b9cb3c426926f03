import type { RunView } from './run-view.ts'

/**
 * A run in the text format of Prometheus 0.0.4, for the textfile collector of its node exporter: one file per runbook and
 * inventory, each run over the one before. The run's name is no label, for every value of a label is kept for ever.
 */
export function prometheusReport({ runbook, inventory, began, ended, exitCode, counts, hosts }: RunView): string {
  const own = { runbook, inventory }
  const results = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1))
  const owed = hosts.filter(({ debts, owned }) => debts.length > 0 || owned !== undefined).length
  return [
    ...gauge('runbook_hosts', 'Hosts of the newest run by their result.', [
      ...results.map(([result, count]) => [{ ...own, result }, count] as const),
    ]),
    ...gauge('runbook_held_hosts', 'Hosts that the run holds or owes something.', [[own, owed]]),
    ...gauge('runbook_exit_code', 'Exit code of the newest run.', [[own, exitCode]]),
    ...gauge('runbook_begun_timestamp_seconds', 'When the newest run began.', [[own, began / 1_000]]),
    ...(ended === null
      ? []
      : gauge('runbook_ended_timestamp_seconds', 'When the newest run came to its end.', [[own, ended / 1_000]])),
  ].join('')
}

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

function gauge(name: string, help: string, samples: readonly Sample[]): readonly string[] {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    return `${name}{${pairs.join(',')}} ${value}\n`
  })
  return [`# HELP ${name} ${help}\n# TYPE ${name} gauge\n`, ...lines]
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
