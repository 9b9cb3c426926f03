import { createHmac } from 'node:crypto'

import type { RunReport } from '../../engine/make-report.ts'
import { now } from '../../journal/now.ts'
import { UsageError } from '../../model/errors.ts'
import type { Secret } from '../../model/secret.ts'
import { shellFault } from '../../programs/shell-fault.ts'
import type { Options } from '../flags.ts'
import type { Desk } from '../wiring.ts'
import { type Message, messageOf } from './message.ts'

/** Tells of the end of a run wherever somebody wants to hear of it. Never throws. */
export type Notify = (report: RunReport, exitCode: number) => Promise<void>

type Told = Pick<Desk, 'obtain'> & { readonly operator: Pick<Desk['operator'], 'environment' | 'say'> }

const WEB_WITHIN = 10_000

/** Reads places and key before anything begins. Throws UsageError for a place that cannot be one. */
export async function notifier(desk: Told, options: Pick<Options, 'notify' | 'notifyKey'>): Promise<Notify> {
  const { notify: places = [], notifyKey } = options
  for (const place of places) if (isWeb(place)) checkedAddress(place)
  const key = notifyKey === undefined ? null : await desk.obtain(notifyKey)
  return async (report, exitCode) => {
    const message = messageOf(report, exitCode)
    const faults = await Promise.all(
      places.map((place) =>
        isWeb(place) ? post(place, message, key) : call(place, message, desk.operator.environment),
      ),
    )
    for (const [index, fault] of faults.entries()) {
      if (fault !== null) desk.operator.say(`warning: --notify ${named(places[index] ?? '')}: ${fault}`)
    }
  }
}

const isWeb = (place: string): boolean => /^https?:\/\//i.test(place)

function checkedAddress(place: string): void {
  const address = URL.canParse(place) ? new URL(place) : null
  if (address && address.password === '' && address.username === '') return
  const fault = address ? `no name or password may stand before ${address.host}` : 'that is no address'
  throw new UsageError(`--notify: ${fault}`, {
    remedy: 'Sign what is sent instead: --notify-key file:/etc/runbook/notify-key',
  })
}

/** Without the path of an address: many hand out paths that nobody else may know. */
const named = (place: string): string => (isWeb(place) ? new URL(place).origin : place)

/** Null where it was taken, else why not. */
async function post(place: string, message: Message, key: Secret | null): Promise<string | null> {
  const body = JSON.stringify(message)
  const timestamp = `${Math.floor(now() / 1_000)}`
  // With the time in it, what was sent once cannot be sent again later by somebody else.
  const signature = key && createHmac('sha256', key.reveal()).update(`${timestamp}.${body}`).digest('hex')
  const signed = signature ? { 'x-runbook-timestamp': timestamp, 'x-runbook-signature': `sha256=${signature}` } : {}
  try {
    const signal = AbortSignal.timeout(WEB_WITHIN)
    const headers = { 'content-type': 'application/json', ...signed }
    const { ok, status } = await fetch(place, { method: 'POST', headers, body, signal, redirect: 'error' })
    return ok ? null : `it answered ${status}`
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    return cause instanceof Error ? cause.message : String(cause)
  }
}

function call(
  command: string,
  { run, runbook, exitCode, summary, failing }: Message,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | null> {
  const told = {
    RUNBOOK_RUN: run,
    RUNBOOK_NAME: runbook,
    RUNBOOK_EXIT_CODE: `${exitCode}`,
    RUNBOOK_SUMMARY: summary,
    RUNBOOK_FAILING: failing.map(({ host }) => host).join(' '),
  }
  return shellFault(command, { limit: '30s', environment: { ...environment, ...told } })
}
