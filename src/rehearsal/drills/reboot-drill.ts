import { setTimeout as sleep } from 'node:timers/promises'
import type { Phase } from '../verdict/verdict.ts'
import type { Ended } from './drive-cli.ts'
import { restartFaults, type Undisturbed } from './run-act.ts'
import { phase, runOf, type Stage, troubles } from './stage.ts'

/** Seconds that a host of this drill takes to start. */
const SLOW_BOOT = 8

/**
 * The controller dies by kill -9 while a host, slow to start, is away; the resume must not reboot it a second time.
 * `random` gives numbers from 0 to 1.
 */
export async function rebootDrill(
  stage: Stage,
  undisturbed: Promise<Undisturbed>,
  random: () => number,
): Promise<Phase> {
  const [host] = stage.hosts
  if (!host) throw new TypeError('a stage has at least one host')
  let wanted = 0
  const found = await phase('drill reboot', '', async () => {
    await host.restartSlowly(SLOW_BOOT)
    const died = await diesWhileHostIsAway(stage, random)
    const run = runOf(died)
    if (!run) return [...troubles(died, 'run'), 'it named no run']
    const last = died.exitCode === null ? await stage.again(['resume', run]).ended : died
    wanted = (await undisturbed).restarts
    return [...troubles(last, 'resume'), ...(await restartFaults([host], wanted))]
  })
  const story =
    wanted === 0 ? 'there was no reboot to die in' : `killed while the host was away; it counted ${wanted} in all`
  return found.passed ? { ...found, text: story } : found
}

/** Kills it when the host was asked to reboot and does not answer any more. */
async function diesWhileHostIsAway(stage: Stage, random: () => number): Promise<Ended> {
  const asked = Promise.withResolvers<void>()
  const driven = stage.start('run', {
    onEvent: (event) => {
      if (event.type === 'intent' && event.reboot) asked.resolve()
    },
  })
  // The request fires two seconds after it is made; then the host is away for its slow boot.
  void asked.promise.then(() => sleep(2_500 + random() * 3_000)).then(driven.kill)
  return driven.ended
}
