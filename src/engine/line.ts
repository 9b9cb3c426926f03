import type { Duration } from '../model/duration.ts'
import type { Token } from '../model/event.ts'
import type { HostResult } from '../model/outcome.ts'
import type { Connection, Transport, TransportHost } from './ports.ts'
import { NO_ANSWERS, type PlaceAnswers } from './steps/place-answers.ts'

/** How long one attempt to reach a host may take. */
const DIAL_DEADLINE: Duration = '30s'

/** Why a host's work ends. `owned` names what keeps its owner record. */
export interface Ending {
  readonly result: HostResult
  readonly text: string
  readonly code?: string
  readonly remedy?: string
  readonly step?: string
  readonly owned?: string
}

/**
 * This process's way to one host: the open connection, if any, and what only this process knows.
 * It is disposable: a resume begins with a new one and asks the journal and the host.
 */
export interface Line {
  readonly open: (signal?: AbortSignal) => Promise<Connection>
  /** The connection that is open now, if any. */
  readonly current: () => Connection | null
  /** Closes the connection on purpose, as before a reboot. The next open dials anew. */
  readonly drop: () => Promise<void>
  /** The token that this process was given, or null before its first claim. */
  token: Token | null
  /** What the next steps have answered already. */
  ahead: PlaceAnswers
  /** When this process first met the reboot under way, by its own clock, and whether it has asked for it. */
  reboot: RebootWatch | null
  /** The end that was decided, until it is written down: a line lost on the way must not decide it anew. */
  ending: Ending | null
  /** Since when the host has not answered although it was touched. */
  lostSince: number | null
}

/** Times are those of this process's own clock. */
export interface RebootWatch {
  readonly attempt: string
  readonly since: number
  requested: boolean
  /** The new boot that was seen last, and since when. */
  boot?: { readonly id: string; readonly since: number }
}

export function makeLine({ transport, host }: { transport: Transport; host: TransportHost }): Line {
  let connection: Connection | null = null
  return {
    token: null,
    ahead: NO_ANSWERS,
    reboot: null,
    ending: null,
    lostSince: null,
    async open(signal) {
      connection ??= await transport.open(
        host,
        signal ? { deadline: DIAL_DEADLINE, signal } : { deadline: DIAL_DEADLINE },
      )
      return connection
    },
    current: () => connection,
    async drop() {
      this.ahead = NO_ANSWERS
      const closing = connection
      connection = null
      await closing?.close()
    },
  }
}
