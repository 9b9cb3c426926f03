import type { ShellChannel } from './shell/framed-shell.ts'
import type { Unreachable } from './unreachable.ts'

/** A way to a host on which somebody is logged in: it gives channels until it is lost. */
export interface Line {
  /** Who is logged in at its other end. */
  readonly user: string
  /** Runs one command line in a channel of its own. Throws HostUnreachable of stage `channel` or `lost`. */
  exec(commandLine: string): Promise<ShellChannel>
  readonly lost: boolean
  /** True for the machine on which this process runs. */
  readonly ownMachine?: boolean
  /** Says goodbye, so that the host's log tells a close from a loss. */
  close(): Promise<void>
  /** Lets go at once. */
  drop(): void
}

/** What became of asking for a channel. `refused` may be granted once another channel has ended. */
export type Opened =
  | { readonly kind: 'open'; readonly channel: ShellChannel }
  | { readonly kind: 'lost' | 'refused'; readonly cause?: unknown }

/** A host at its MaxSessions gives the next channel once one of ours has closed. */
const TRIES = 5
const BETWEEN_TRIES = 300

/** Asks for a channel until it is granted. Throws HostUnreachable of stage `channel` or `lost`. */
export async function askForChannel(ask: () => Promise<Opened>, unreachable: Unreachable): Promise<ShellChannel> {
  for (let attempt = 1; ; attempt += 1) {
    const opened = await ask()
    if (opened.kind === 'open') return opened.channel
    if (opened.kind === 'lost') throw unreachable.lost(opened.cause)
    if (attempt === TRIES) throw unreachable.channel(opened.cause)
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES))
  }
}
