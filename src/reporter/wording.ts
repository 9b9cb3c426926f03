import { inWords } from '../model/duration.ts'
import {
  type Event,
  type IntentEvent,
  ONLY_PLANNED,
  type OutcomeEvent,
  type PlannedEvent,
  type ProvedEvent,
  type ReleaseEvent,
} from '../model/event.ts'
import type { Note } from '../model/note.ts'
import { printableLine } from '../model/printable.ts'
import { controlText } from './wording/control-text.ts'
import { foldHosts } from './wording/fold-hosts.ts'

/** One durable event as one line; the place comes first, then what happened. */
export function eventText(event: Event): string {
  switch (event.type) {
    case 'run':
      return `${runName(event.run)}: ${event.runbook} on ${hosts(event.hosts.length)} of ${event.inventory}, by ${event.who}`
    case 'planned':
      return plannedText(event)
    case 'approved':
      return `run ${event.run}: approved for ${foldHosts(Object.keys(event.plans))} by ${event.who}`
    case 'claim':
      return `${event.host}: owned by run ${event.run}, epoch ${event.token.epoch}`
    case 'intent':
      return intentText(event)
    case 'void':
      return `${event.host}: ${event.step}: ${event.act} ${event.attempt} never reached the host`
    case 'outcome':
      return outcomeText(event)
    case 'proved':
      return provedText(event)
    case 'release':
      return releaseText(event)
    case 'control':
      return controlText(event)
  }
}

const runName = (run: string): string => (run === ONLY_PLANNED ? 'plan' : `run ${run}`)

/** `1 host`, `14 hosts`. */
export const hosts = (count: number): string => counted(count, 'host')

/** A number with its noun: `1 step`, `2 steps`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${count === 1 ? noun : noun.endsWith('ch') ? `${noun}es` : `${noun}s`}`

/** Why something ended as it did, without the host's name, which stands before it already. */
export function whyText(host: string, { code, text = '' }: { readonly code?: string; readonly text?: string }): string {
  const line = printableLine(text)
  const bare = line.startsWith(`${host}: `) ? line.slice(host.length + 2) : line
  return `${code ? `${code}: ` : ''}${bare}`
}

function plannedText({ host, plan }: PlannedEvent): string {
  const { state, steps } = plan
  const why = whyText(host, plan)
  if (state === 'unreachable') return `${host}: gave no answer: ${why}`
  if (state === 'blocked') return `${host}: blocked: ${why}`
  if (state === 'satisfied') return `${host}: nothing to do`
  const pending = steps.filter((step) => step.state === 'needed' || step.state === 'deferred')
  return `${host}: ${counted(pending.length, 'step')} pending: ${pending.map(({ step }) => step).join(', ')}`
}

const BEGUN: Readonly<Record<IntentEvent['act'], string>> = {
  apply: 'begins',
  undo: 'is being undone',
  settle: 'is being settled',
  enter: 'is being entered',
  leave: 'is being left',
}

function intentText({ host, step, act, attempt, reboot }: IntentEvent): string {
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  const written = reboot ? `; a reboot is written down, the boot that must go is ${reboot.bootId}` : ''
  return `${host}: ${step} ${BEGUN[act]}${again}${written}`
}

const aside = (notes: readonly Note[]): string =>
  notes.map((note) => `; ${note.code}: ${printableLine(note.text)}`).join('')

function provedText({ host, step, text, notes }: ProvedEvent): string {
  return `${host}: ${step}: as wished: ${printableLine(text)}${aside(notes)}`
}

function outcomeText({ host, step, result, milliseconds }: OutcomeEvent): string {
  const { outcome, notes } = result
  return `${host}: ${step}: ${outcome} in ${inWords(milliseconds)}: ${whyText(host, result)}${aside(notes)}`
}

function releaseText(event: ReleaseEvent): string {
  const { host, result, owned, step } = event
  const where = step ? ` at ${step}` : ''
  const kept = owned ? `; it stays owned: ${owned}` : ''
  return `${host}: ${result}${where}: ${whyText(host, event)}${kept}`
}
