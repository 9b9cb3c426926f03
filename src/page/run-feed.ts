import { makeReport } from '../engine/make-report.ts'
import type { Recorded, RunEvent } from '../model/event.ts'
import type { HostView, StepView } from '../reporter/report/run-view.ts'
import { HOST_TONES, STEP_SIGNS } from '../reporter/report/signs.ts'
import { type Column, stepOrder } from '../reporter/report/step-order.ts'
import { viewRun } from '../reporter/report/view-run.ts'

/** One row of the grid, as short as it can be: thousands of them are sent. */
export interface GridHost {
  readonly host: string
  readonly result: HostView['result']
  /** A letter for each column; `-` where the step is not this host's. */
  readonly cells: string
  /** Attempts: column, and milliseconds from the run's beginning to theirs and to their end; null while it lasts. */
  readonly spans: readonly (readonly [column: number, began: number, ended: number | null])[]
}

/** What came since it was last asked for. */
export interface GridChanges {
  /** Only when there are others than before. */
  readonly columns?: readonly Column[]
  readonly hosts: readonly GridHost[]
}

/** The grid of a run, from its rows as they come. */
export interface RunFeed {
  take(rows: readonly Recorded[]): void
  /** Null while nothing came. */
  changes(): GridChanges | null
}

const OUTCOMES = Object.keys(STEP_SIGNS) as StepView['outcome'][]
const letterOf = (outcome: StepView['outcome']): string => String.fromCharCode(97 + OUTCOMES.indexOf(outcome))

/** What the letters of cells and the results of hosts look like. */
export const LEGEND = {
  cells: Object.fromEntries(OUTCOMES.map((outcome) => [letterOf(outcome), { outcome, ...STEP_SIGNS[outcome] }])),
  results: HOST_TONES,
}

/** Only hosts of which rows came are looked at again, by their own rows. */
export function runFeed(): RunFeed {
  let event: Recorded<RunEvent> | null = null
  let columns: readonly Column[] = []
  const rowsOf = new Map<string, Recorded[]>()
  const changed = new Set<string>()
  const known = new Set<string>()
  let newSteps = false

  return {
    take(rows) {
      for (const row of rows) {
        if (row.type === 'run') {
          event = row
          for (const { name } of row.hosts) {
            rowsOf.set(name, [])
            changed.add(name)
          }
        }
        if (!('host' in row) || row.host === undefined) continue
        rowsOf.get(row.host)?.push(row)
        changed.add(row.host)
        newSteps ||= stepsOf(row).some((step) => !known.has(step))
        for (const step of stepsOf(row)) known.add(step)
      }
    },
    changes() {
      if (event === null || changed.size === 0) return null
      const run = event
      const more = newSteps
      if (newSteps) columns = stepOrder(rowsOf.values())
      const hosts = (more ? [...rowsOf.keys()] : [...changed]).flatMap((host) => {
        const view = viewOfHost(run, host, rowsOf.get(host) ?? [])
        return view ? [gridHost(view, columns, run.at)] : []
      })
      changed.clear()
      newSteps = false
      return more ? { columns, hosts } : { hosts }
    },
  }
}

/** One host of a run as all of it is told, by its own rows. Null for a host that the run does not have. */
export function viewOfHost(run: Recorded<RunEvent>, name: string, rows: readonly Recorded[]): HostView | null {
  const hosts = run.hosts.filter((host) => host.name === name)
  const own = [{ ...run, hosts }, ...rows]
  return viewRun(own, makeReport(own)).hosts[0] ?? null
}

function stepsOf(row: Recorded): readonly string[] {
  if (row.type === 'planned') return row.plan.steps.map(({ step }) => step)
  return row.type === 'intent' ? [row.step] : []
}

function gridHost({ host, result, steps }: HostView, columns: readonly Column[], began: number): GridHost {
  const own = new Map(steps.map((step) => [step.step, step]))
  const cells = columns.map(({ step }) => {
    const one = own.get(step)
    return one ? letterOf(one.outcome) : '-'
  })
  const spans = columns.flatMap(({ step }, column) =>
    (own.get(step)?.attempts ?? []).map(
      ({ began: from, ended: to }) => [column, from - began, to === null ? null : to - began] as const,
    ),
  )
  return { host, result, cells: cells.join(''), spans }
}
