import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { Ended, Going, Laptop } from '../command-line.ts'
import type { Fault } from './faults.ts'
import { type Blow, strike } from './strike.ts'

/** One direction of a run: how it is begun, and how somebody goes on with it. */
export interface Course {
  readonly host: ContainerHost
  readonly desk: Laptop
  readonly begin: () => Going
  readonly goOn: (run: string) => Going
  readonly faults: readonly Fault[]
  /** Runs of this desk that are not this one. */
  readonly known: ReadonlySet<string>
}

export interface Lived {
  readonly run: string | undefined
  /** Every controller that worked on it, in order; the last one was left alone until its end. */
  readonly lives: readonly Ended[]
  /** Controllers to which the run was lost, and what took it from them. */
  readonly losers: readonly Ended[]
  readonly hits: readonly Fault[]
}

/** Beyond which a run that is gone on with again and again does not come to its end. */
const MOST_LIVES = 30

/** Milliseconds without a row, after which a controller is struck where it waits, such as for a boot. */
const SILENCE = 20_000

/** Begins, lets each fault strike, and goes on until the run ends well by itself or cannot. */
export async function live(course: Course): Promise<Lived> {
  const { host, desk, begin, goOn, faults } = course
  const [lives, losers, hits]: [Ended[], Ended[], Fault[]] = [[], [], []]
  const left = [...faults]
  let run: string | undefined
  let going = begin()
  for (;;) {
    const ended = await untilEnded()
    if (ended !== undefined) {
      lives.push(ended)
      run ??= ended.run || (await unheardRun(course))
      const over = ended.exitCode === 0 || ended.exitCode === 2 || lives.length >= MOST_LIVES
      if (over) return { run, lives, losers, hits }
      going = run === undefined ? begin() : goOn(run)
    }
  }

  /** The next fault, or the end. */
  async function untilEnded(): Promise<Ended | undefined> {
    const fault = left[0]
    if (!fault) return going.ended
    const struck = going
    const due = await Promise.race([dueAt(struck, fault), struck.ended.then(() => 'ended' as const)])
    if (due === 'ended') return struck.ended
    left.shift()
    run ??= struck.rows[0]?.run
    const blow: Blow = await strike(fault, { host, desk, going: struck, run, goOn })
    if (blow.hit) hits.push(fault)
    losers.push(...(blow.losers ?? []))
    if (blow.going) going = blow.going
    return undefined
  }
}

/** Some rows from now, and a pause. */
async function dueAt(going: Going, { rows, pause }: Fault): Promise<'due'> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let missing = rows
  if (missing === 0) resolve()
  going.onRow(() => {
    missing -= 1
    if (missing <= 0) resolve()
  })
  await Promise.race([promise, sleep(SILENCE)])
  await sleep(pause)
  return 'due'
}

/** A run of which its controller had no time to tell. */
async function unheardRun({ desk, known }: Course): Promise<string | undefined> {
  const { json } = await desk.type('runs', '--json')
  const runs = json.flatMap(({ type, run }) => (type === 'run-summary' && typeof run === 'string' ? [run] : []))
  return runs.find((run) => !known.has(run))
}
