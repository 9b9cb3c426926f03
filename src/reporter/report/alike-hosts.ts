import { speakOfAll } from '../wording/speak-of-all.ts'
import type { HostView, RunView, StepView } from './run-view.ts'

/** Hosts of which a reader learns the same, but for their names and times. */
export interface AlikeHosts {
  readonly names: readonly string[]
  /** One of them, with sentences that hold for all. */
  readonly view: HostView
  /** Does somebody have to look at them? */
  readonly bad: boolean
}

/** Those that need a hand come first. */
const ORDER: readonly HostView['result'][] = [
  'needs-a-person',
  'failed',
  'partial',
  'blocked',
  'unreachable',
  'unfinished',
  'not-reached',
  'rolled-back',
  'changed',
  'not-for-this-host',
  'satisfied',
]

const GOOD = new Set<HostView['result']>(['changed', 'satisfied', 'rolled-back', 'not-for-this-host'])

/** The hosts of a run, alike ones together. */
export function alikeHosts({ hosts }: RunView): readonly AlikeHosts[] {
  const groups = Map.groupBy(hosts, sameTold)
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group
      const names = group.map(({ host }) => host)
      if (!first) return []
      const bad = !GOOD.has(first.result) || first.debts.length > 0
      return [{ names, view: names.length > 1 ? speakOfAll(first, first.host, names) : first, bad }]
    })
    .toSorted((a, b) => ORDER.indexOf(a.view.result) - ORDER.indexOf(b.view.result))
}

function sameTold(host: HostView): string {
  const { began, ended, milliseconds, head, host: name, steps, ...told } = speakOfAll(host, host.host, [])
  const said = steps.map(({ step, outcome, text, planned, tail, attempts }) => [
    [step, outcome, text, planned, tail],
    attempts.map(({ began: _from, ended: _to, ...attempt }) => attempt),
  ])
  return JSON.stringify([told, said])
}

/** Where the time of a run went: a step, on how many hosts it took any, and its longest. */
export interface StepTime {
  readonly step: string
  readonly hosts: number
  /** Milliseconds that half of these hosts stayed under. */
  readonly median: number
  readonly longest: { readonly host: string; readonly milliseconds: number }
}

/** Steps that took time, the longest first. */
export function stepTimes({ steps, hosts }: RunView): readonly StepTime[] {
  const spent = hosts.flatMap(({ host, steps: own }) => own.map((step) => ({ host, ...step })))
  const byStep = Map.groupBy(
    spent.filter(({ milliseconds }) => milliseconds > 0),
    ({ step }) => step,
  )
  return steps
    .flatMap(({ step }): StepTime[] => {
      const sorted = (byStep.get(step) ?? []).toSorted((a, b) => a.milliseconds - b.milliseconds)
      const [middle, last] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)]
      if (!middle || !last) return []
      return [{ step, hosts: sorted.length, median: middle.milliseconds, longest: last }]
    })
    .toSorted((a, b) => b.longest.milliseconds - a.longest.milliseconds)
}

/** Steps that changed the host, with what the plan had said of each. */
export const changesOf = ({ steps }: HostView): readonly StepView[] =>
  steps.filter(({ outcome, attempts }) => outcome === 'changed' && attempts.some(({ act }) => act === 'apply'))
