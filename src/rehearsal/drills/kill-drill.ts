import { setTimeout as sleep } from 'node:timers/promises'
import type { Recorded } from '../../model/event.ts'
import { differencesSince, takeState } from '../verdict/host-state.ts'
import { unlike } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import { begunSteps, repeatedSteps } from '../verdict/what-happened.ts'
import type { Ended } from './drive-cli.ts'
import { drawMoments, keyOf, type Landmark, landmarks, type Moment } from './moments.ts'
import type { Changed } from './rescue-drill.ts'
import { restartFaults, type Undisturbed } from './run-act.ts'
import { phase, runOf, type Stage, tracesOf, troubles } from './stage.ts'

/** Kills in a row at most; then the last resume is left alone. */
const KILLS = 4

export interface KillOrder {
  /** It is said: the same one draws the same moments. */
  readonly seed: number
  /** Gives the same numbers from 0 to 1 for the same seed. */
  readonly random: () => number
  /** Files of which no two runs make the same content. */
  readonly unequal: readonly string[]
}

export interface KillDrill {
  readonly phase: Phase
  /** Absent when no run came to a good end. */
  readonly changed?: Changed
}

/**
 * Ends the controller by kill -9 at random moments that lie inside the run, and resumes, until the run is done. It
 * must end as the run that nobody killed, after as many restarts, and do no step again that had ended.
 */
export async function killDrill(
  stage: Stage,
  undisturbed: Undisturbed,
  { seed, random, unequal }: KillOrder,
): Promise<KillDrill> {
  const [host] = stage.hosts
  if (!host) throw new TypeError('a stage has at least one host')
  const { events, like } = undisturbed
  if (begunSteps(events, like).length === 0) {
    return { phase: await phase('drill kill', 'there was no change to kill a controller in', async () => []) }
  }
  let changed: Changed | undefined
  let lives: readonly Ended[] = []
  let repeated: readonly string[] = []
  const found = await phase('drill kill', '', async () => {
    const before = await takeState(host)
    const course = landmarks(events, like)
    lives = await liveAndDie(stage, course, drawMoments(course, KILLS, random))
    const last = lives.at(-1)
    const run = lives.map(runOf).find((id) => id !== undefined)
    if (!last || !run) return ['the run never started']
    if (last.exitCode === 0) changed = { run, before }
    if (lives.length === 1) return ['no kill met the run: it ended before', ...troubles(last, 'run')]
    const again = repeatedSteps(await stage.rowsOf(run), await tracesOf(host, run), undisturbed.traces)
    repeated = again.again
    return [
      ...troubles(last, 'the last resume'),
      ...unlike(undisturbed.changes[like] ?? [], await differencesSince(host, before), unequal),
      ...again.faults,
      ...(await restartFaults([host], undisturbed.restarts)),
    ]
  })
  const text = `seed ${seed}: ${storyOf(lives)}${repeated.length > 0 ? `; cut midway and begun again: ${repeated.join(', ')}` : ''}`
  const told = { ...found, text: found.passed ? `${text}; same end` : `${text}\n${found.text}` }
  return { phase: told, ...(changed ? { changed } : {}) }
}

/** Starts, kills and resumes until a life ends by itself; gives all of them. */
async function liveAndDie(stage: Stage, course: readonly Landmark[], moments: readonly Moment[]): Promise<Ended[]> {
  const lives: Ended[] = []
  let [run, reached]: [string | undefined, number] = [undefined, -1]
  const left = [...moments]
  for (;;) {
    const began = reached
    let moment = left.shift()
    while (moment && moment.place < began) moment = left.shift()
    const dies = moment && deathAt(moment, began)
    const onEvent = (row: Recorded) => {
      const place = course.findIndex(({ key }, index) => index > reached && key === keyOf(row))
      if (place >= 0) reached = place
      dies?.heard(reached)
    }
    const driven = run === undefined ? stage.start('run', { onEvent }) : stage.again(['resume', run], { onEvent })
    void dies?.due.then(driven.kill)
    const ended = await driven.ended
    lives.push(ended)
    run ??= runOf(ended)
    if (ended.exitCode !== null) return lives
  }
}

/** When a life that begins with this landmark behind it comes to the moment; at the latest at the landmark after it. */
function deathAt({ place, milliseconds }: Moment, began: number) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let waiting = false
  const wait = () => {
    if (waiting) return
    waiting = true
    // A run that ended before is not waited for to be killed.
    void sleep(milliseconds, undefined, { ref: false }).then(resolve)
  }
  if (place < 0) wait()
  const heard = (reached: number) => {
    if (reached > Math.max(place, began)) resolve()
    // Where its landmark was behind it from the start, any first row shows that this life has got going.
    else if (reached === place || place <= began) wait()
  }
  return { due: promise, heard }
}

function storyOf(lives: readonly Ended[]): string {
  const kills = lives.filter(({ exitCode }) => exitCode === null)
  const moments = kills.map(({ events }) =>
    events.length > 0 ? `after ${keyOf(events.at(-1)!)}` : 'before the first row',
  )
  return `${kills.length} ${kills.length === 1 ? 'kill' : 'kills'} (${moments.join('; ')})`
}
