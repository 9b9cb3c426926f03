import { setTimeout as sleep } from 'node:timers/promises'
import { beyondRecord, type Difference, differences, inWords, takeSnapshot } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import type { Driven, Ended } from './drive-cli.ts'
import { bootsOf } from './run-act.ts'
import { phase, runOf, type Stage, troubles } from './stage.ts'

/** Kills in a row at most; then the last resume is left alone. */
const KILLS = 5

/**
 * Ends the controller by kill -9 at random moments and resumes, until the run is done. It must end as the run that
 * nobody killed, after one reboot. `random` gives numbers from 0 to 1.
 */
export async function killDrill(
  stage: Stage,
  expected: Promise<readonly Difference[]>,
  random: () => number = Math.random,
): Promise<readonly Phase[]> {
  const moments: string[] = []
  const found = await phase('drill kill', '', async () => {
    const [host] = stage.hosts
    if (!host) return ['the drill has no host']
    const before = await takeSnapshot(host)
    let run: string | undefined
    let ended: Ended | undefined
    for (let kill = 0; kill <= KILLS; kill += 1) {
      const start = () => (run === undefined ? stage.start('run', listen) : stage.again(['resume', run], listen))
      const { listen, mortal } = killAtRandom(random)
      const driven = start()
      ended = kill < KILLS ? await mortal(driven) : await driven.ended
      run ??= runOf(ended)
      if (ended.exitCode !== null) break
      moments.push(momentOf(ended))
    }
    if (!ended) return ['the run never started']
    if (moments.length === 0) return ['no kill met the run: it ended before']
    const [other, wished] = [beyondRecord(differences(before, await takeSnapshot(host))), await expected]
    const seen = new Set(other.map(inWords))
    const missing = wished
      .filter((one) => !seen.has(inWords(one)))
      .map((one) => `missing after the kills: ${inWords(one)}`)
    const known = new Set(wished.map(inWords))
    const extra = other.filter((one) => !known.has(inWords(one))).map((one) => `only after the kills: ${inWords(one)}`)
    return [...troubles(ended, 'the last resume'), ...missing, ...extra, ...(await bootsOf([host], 2))]
  })
  const story = `${moments.length} kills (${moments.join('; ')})`
  return [{ ...found, text: found.passed ? `${story}; same end, one reboot` : `${story}\n${found.text}` }]
}

/** A moment is some events from the start and some milliseconds after: so it falls into questions and into changes. */
function killAtRandom(random: () => number) {
  let eventsLeft = Math.floor(random() * 12)
  const pause = random() * (random() < 0.3 ? 4_000 : 400)
  const due = Promise.withResolvers<void>()
  const listen = {
    onEvent: () => {
      eventsLeft -= 1
      if (eventsLeft <= 0) due.resolve()
    },
  }
  const mortal = async (driven: Driven): Promise<Ended> => {
    await Promise.race([due.promise.then(() => sleep(pause)), driven.ended])
    driven.kill()
    return driven.ended
  }
  return { listen, mortal }
}

function momentOf({ events }: Ended): string {
  const last = events.at(-1)
  if (!last) return 'before the first event'
  return 'step' in last && last.step ? `after ${last.type} of ${last.step}` : `after ${last.type}`
}
