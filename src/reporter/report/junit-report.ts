import { printableLine } from '../../model/printable.ts'
import { type Markup, markup } from './html/markup.ts'
import type { HostView, RunView, StepView } from './run-view.ts'

type Verdict = { readonly kind: 'failure' | 'error' | 'skipped'; readonly text: string; readonly code?: string } | null

interface Case {
  readonly name: string
  readonly milliseconds: number
  readonly verdict: Verdict
  /** What its command printed. */
  readonly output?: string
}

/**
 * A run as JUnit XML: a suite for each host, a case for each step. A step or host that failed or is blocked is a failure;
 * a host without an answer, and a step whose end was not seen, an error; what was not reached is skipped.
 */
export function junitReport(view: RunView): string {
  const suites = view.hosts.map((host) => ({ host, cases: casesOf(host) }))
  const all = suites.flatMap(({ cases }) => cases)
  const { run, runbook, hosts, began } = view
  const seconds = hosts.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const root = markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${runbook}, run ${run}" ${counts(all)} time="${inSeconds(seconds)}">
${suites.map(({ host, cases }) => suite(view, host, cases, began))}</testsuites>
`
  return root.markup
}

function suite({ runbook }: RunView, host: HostView, cases: readonly Case[], began: number): Markup {
  const stamp = new Date(host.began ?? began).toISOString().slice(0, 19)
  const time = inSeconds(host.milliseconds)
  return markup`  <testsuite name="${host.host}" hostname="${host.host}" timestamp="${stamp}" ${counts(cases)} time="${time}">
${cases.map((one) => testCase(`${runbook}.${host.host}`, one))}  </testsuite>
`
}

function testCase(classname: string, { name, milliseconds, verdict, output = '' }: Case): Markup {
  const parts = [...(verdict ? [verdictMarkup(verdict)] : []), ...(output === '' ? [] : [outputMarkup(output)])]
  return markup`    <testcase name="${name}" classname="${classname}" time="${inSeconds(milliseconds)}">${parts}</testcase>
`
}

function verdictMarkup({ kind, text, code }: NonNullable<Verdict>): Markup {
  const message = printableLine(text)
  if (kind === 'skipped') return markup`<skipped message="${message}"/>`
  const [open, close] = [{ markup: `<${kind}` }, { markup: `</${kind}>` }]
  return markup`${open} message="${message}" type="${code ?? kind}">${text}${close}`
}

const outputMarkup = (output: string): Markup => markup`<system-out>${output}</system-out>`

const FAILED = new Set<StepView['outcome']>(['failed', 'partial', 'blocked', 'needs-a-person'])

function casesOf(host: HostView): readonly Case[] {
  const steps = host.steps.map((step): Case => {
    const { step: name, milliseconds, tail } = step
    return { name, milliseconds, verdict: verdictOf(host, step), ...(tail === undefined ? {} : { output: tail }) }
  })
  const told = steps.some(({ verdict }) => verdict?.kind === 'failure' || verdict?.kind === 'error')
  const verdict = verdictOfHost(host)
  // What no step says is a case of its own: a host without an answer has no steps.
  if ((verdict === null || told) && steps.length > 0) return steps
  return [...steps, { name: 'the host', milliseconds: 0, verdict }]
}

function verdictOf(host: HostView, { step, outcome, text, attempts }: StepView): Verdict {
  const code = attempts.at(-1)?.code ?? (step === host.step ? host.code : undefined)
  if (FAILED.has(outcome)) return { kind: 'failure', text, ...(code === undefined ? {} : { code }) }
  if (outcome === 'unfinished') return { kind: 'error', text }
  return outcome === 'planned' ? { kind: 'skipped', text: `not reached: ${text}` } : null
}

function verdictOfHost({ result, text, code, debts }: HostView): Verdict {
  const why = { text, ...(code === undefined ? {} : { code }) }
  if (result === 'unreachable' || result === 'unfinished') return { kind: 'error', ...why }
  if (result === 'failed' || result === 'partial' || result === 'blocked' || result === 'needs-a-person')
    return { kind: 'failure', ...why }
  if (debts.length > 0) return { kind: 'failure', text: `not left yet: ${debts.map(({ step }) => step).join(', ')}` }
  return result === 'not-reached' || result === 'not-for-this-host' ? { kind: 'skipped', text } : null
}

function counts(cases: readonly Case[]): Markup {
  const of = (kind: string): number => cases.filter(({ verdict }) => verdict?.kind === kind).length
  return markup`tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" skipped="${of('skipped')}"`
}

const inSeconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(3)
