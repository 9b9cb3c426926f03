import type { Clock, Journal, Transport } from '../../../src/engine/ports.ts'
import type { Answer, Ask, Call } from './call.ts'
import { journalPort } from './journal-port.ts'
import { STILL, transportPort } from './transport-port.ts'
import type { Watched } from './watch.ts'

export interface LifeParts extends Watched {
  readonly work: (ports: { journal: Journal; transport: Transport; clock: Clock }) => Promise<unknown>
  /** What it was answered so far, by lane: it is told all that again, and nothing is done for it. */
  readonly told: ReadonlyMap<string, readonly Answer[]>
}

/** A controller between two answers. */
export interface Life {
  readonly pending: readonly (Call & Answering)[]
  /** Answers given since it was born, in all lanes. */
  readonly answered: number
  readonly end: { readonly value?: unknown; readonly error?: unknown } | null
  answer(call: Call, answer: Answer): Promise<void>
}

interface Answering {
  readonly give: (answer: Answer) => void
}

/** Starts a controller, or brings one back to where it was: it is the real engine, over ports that wait to be let through. */
export async function beginLife(parts: LifeParts): Promise<Life> {
  const pending: (Call & Answering)[] = []
  const cursors = new Map<string, number>()
  const dialled = new Set<string>()
  let answered = [...parts.told.values()].reduce((sum, answers) => sum + answers.length, 0)
  let end: Life['end'] = null

  const ask: Ask = <Value>(call: Parameters<Ask>[0]): Promise<Value> => {
    const at = cursors.get(call.lane) ?? 0
    cursors.set(call.lane, at + 1)
    const known = parts.told.get(call.lane)?.[at]
    return new Promise((resolve, reject) => {
      const give = ({ value, error }: Answer) => (error === undefined ? resolve(value as Value) : reject(error))
      if (known) give(known)
      else pending.push({ again: false, ...call, give })
    })
  }

  const ports = { journal: journalPort(parts, ask), transport: transportPort(parts, ask, dialled), clock: STILL }
  parts.work(ports).then(
    (value) => (end = { value }),
    (error: unknown) => (end = { error }),
  )
  await quiet()
  return {
    pending,
    get answered() {
      return answered
    },
    get end() {
      return end
    },
    async answer(call, answer) {
      const at = pending.indexOf(call as Call & Answering)
      const [known] = pending.splice(at, 1)
      answered += 1
      known?.give(answer)
    },
  }
}

/** Until the controller has nothing left to do but to wait for answers: its own work takes no time. */
export const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
