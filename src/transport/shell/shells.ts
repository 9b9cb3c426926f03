import { quote } from '../../model/command.ts'
import { HostUnreachable } from '../../model/errors.ts'
import { makeLimit } from '../../model/limit.ts'
import type { FrameAnswer } from './frame-parser.ts'
import type { Fate } from './framed-shell.ts'
import type { RootShell } from './root-shell.ts'

/** The end of a request that got no answer: the time was over, or the line was lost under it. */
export class Unanswered extends Error {
  readonly kind: 'overdue' | 'lost'

  constructor(kind: 'overdue' | 'lost') {
    super(`a request to a shell was ${kind}`)
    this.kind = kind
  }
}

/** The shells of one connection: one for almost everything, more only where one would hold up others. */
export interface Shells {
  /** A read-only request; asked again elsewhere when it was lost with another's shell. Throws Unanswered. */
  look(command: string, limit: number): Promise<FrameAnswer>
  /** Requests that change something: in order, alone in their shell, never sent twice. Throws Unanswered. */
  act(commands: readonly string[], limit: number): Promise<FrameAnswer>
  /**
   * A read-only request right behind what `act` was last asked for in this tick, in the same shell and the same breath.
   * Only one that is quick. Throws Unanswered, also where the shell could not be replaced.
   */
  behind(command: string, limit: number): Promise<FrameAnswer>
  /** One request beside everything that is under way, in a channel of its own. Throws Unanswered. */
  aside(command: string, limit: number): Promise<FrameAnswer>
  close(): void
}

/** Beyond this a question says so and gets a channel of its own. */
const SLOW = 30_000
/** Beyond its limit a request gets this long before its shell is condemned. */
const GRACE = 5_000
/** Channels beside the common one and its spare; sshd gives ten by default. */
const MOST_ALONE = 4
/** Linux takes no single argument of 128 KiB. */
const LONGEST_ARGUMENT = 100_000
/** What `timeout` of the host exits with. */
const TIMED_OUT = 124
/** How often a request moves to another shell before it is given up. */
const MOVES = 3

/** `open` gives a fresh shell on the same connection, or throws HostUnreachable. */
export function makeShells(open: () => Promise<RootShell>, first: RootShell): Shells {
  const everybody = new Set<RootShell>([first])
  const common = makeSlot(fresh, first)
  // For questions that come while a change holds the common one.
  const spare = makeSlot(fresh, null)
  const limited = makeLimit(MOST_ALONE)
  /** One for each channel beside the others that is open or being opened: it ends with that. */
  const lonely = new Set<Promise<void>>()
  let freed = 0
  let acting: Promise<unknown> = Promise.resolve()
  /** The shell in which the last requests of `act` stand in line. */
  let lined: Promise<RootShell> | null = null
  let occupied = false
  let closed = false
  // The host gives no channel beside the first: everything takes its turn there.
  let narrow = false

  async function fresh(): Promise<RootShell> {
    const shell = await open()
    if (closed) shell.close()
    everybody.add(shell)
    return shell
  }

  async function askIn(shell: RootShell, command: string, limit: number): Promise<Fate> {
    const fate = await shell.ask(command, limit + GRACE)
    if (!shell.over) return fate
    everybody.delete(shell)
    if (fate.kind === 'overdue' && !closed) await condemn(shell)
    return fate
  }

  async function condemn(shell: RootShell): Promise<void> {
    const another = await common()
    await another.ask(`kill -s KILL -- -${shell.processGroup}`, GRACE)
  }

  const alone = (command: string, limit: number): Promise<Fate> =>
    limited(async () => {
      const own = narrow ? null : await ownShell()
      if (own === null) return askIn(await common(), command, limit)
      try {
        return await askIn(own.shell, command, limit)
      } finally {
        everybody.delete(own.shell)
        own.shell.close()
        freed += 1
        own.release()
      }
    })

  /**
   * A host that gives fewer channels than we would take gives the next one when one of ours has ended, also when that one
   * is only being opened yet. Null: never.
   */
  async function ownShell(): Promise<{ readonly shell: RootShell; readonly release: () => void } | null> {
    for (;;) {
      const freedBefore = freed
      const { promise: held, resolve } = Promise.withResolvers<void>()
      const release = () => {
        lonely.delete(held)
        resolve()
      }
      lonely.add(held)
      try {
        return { shell: await fresh(), release }
      } catch (error) {
        release()
        if (!isFull(error)) throw error
        narrow = lonely.size === 0 && freed === freedBefore
        if (narrow) return null
        if (lonely.size > 0) await Promise.race(lonely)
      }
    }
  }

  /** The shell for a question that is quick: not the one in which a change is under way, if the host gives another. */
  async function quickShell(): Promise<RootShell> {
    if (!occupied) return common()
    try {
      return await spare()
    } catch (error) {
      if (!isFull(error)) throw error
      narrow = true
      return common()
    }
  }

  const lookWidely = async (command: string, limit: number): Promise<Fate> =>
    limit > SLOW ? alone(boundOnHost(command, limit + 2 * GRACE), limit) : askIn(await quickShell(), command, limit)

  /** Where a shell cannot be replaced it must not be lost to a question: the host ends the question in time. */
  async function lookNarrowly(command: string, limit: number): Promise<Fate> {
    const fate = await askIn(await common(), boundOnHost(command, limit), limit)
    return fate.kind === 'answered' && fate.answer.exitCode === TIMED_OUT ? { kind: 'overdue' } : fate
  }

  return {
    async look(command, limit) {
      for (let move = 0; move <= MOVES; move += 1) {
        const fate = await (narrow ? lookNarrowly : lookWidely)(command, limit)
        if (fate.kind === 'answered') return fate.answer
        // One that had begun when its shell ended may be what ended it: it is not asked a second time.
        if (fate.kind === 'overdue' || fate.begun) throw new Unanswered(fate.kind)
      }
      throw new Unanswered('lost')
    },
    act(commands, limit) {
      const line = Promise.withResolvers<RootShell>()
      line.promise.catch(() => {})
      lined = line.promise
      const turn = acting.then(async () => {
        const shell = await common().catch((error: unknown) => {
          line.reject(error)
          throw error
        })
        occupied = true
        try {
          const asking = commands.map((command) => askIn(shell, command, limit))
          line.resolve(shell)
          const fates = await Promise.all(asking)
          const last = fates.at(-1)
          if (last?.kind === 'answered') return last.answer
          throw new Unanswered(last?.kind ?? 'lost')
        } finally {
          occupied = false
        }
      })
      acting = turn.catch(() => {})
      return turn
    },
    async behind(command, limit) {
      const shell = limit > SLOW || narrow ? null : await lined
      const fate = shell && (await askIn(shell, command, limit))
      if (fate?.kind === 'answered') return fate.answer
      throw new Unanswered(fate?.kind ?? 'lost')
    },
    async aside(command, limit) {
      const fate = await alone(command, limit)
      if (fate.kind === 'answered') return fate.answer
      throw new Unanswered(fate.kind)
    },
    close() {
      closed = true
      for (const shell of everybody) shell.close()
    },
  }
}

const isFull = (error: unknown): boolean => error instanceof HostUnreachable && error.stage === 'channel'

/**
 * Ends a long question on the host too, should the line be lost under it. Read-only as it is, it would only linger.
 * A text that is too long for an argument goes without.
 */
function boundOnHost(command: string, limit: number): string {
  if (command.length > LONGEST_ARGUMENT) return command
  const seconds = Math.ceil(limit / 1000)
  const bound = `command -v timeout >/dev/null && exec timeout -k 2 ${seconds} /bin/sh -c ${quote(command)}`
  return `${bound}\n${command}`
}

/** Gives the same shell for as long as it answers, then a fresh one, opened once for all who ask. */
function makeSlot(fresh: () => Promise<RootShell>, first: RootShell | null): () => Promise<RootShell> {
  let shell = first
  let opening: Promise<RootShell> | null = null
  return async () => {
    if (shell && !shell.over) return shell
    opening ??= fresh().finally(() => {
      opening = null
    })
    shell = await opening
    return shell
  }
}
