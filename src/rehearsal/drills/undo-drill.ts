import { setTimeout as sleep } from 'node:timers/promises'
import { beyondRecord, differences, inWords, takeRunning, takeSnapshot } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import type { Ended } from './drive-cli.ts'
import { bootsOf } from './run-act.ts'
import { phase, runOf, type Stage, troubles } from './stage.ts'

/** Seconds that a host of the reboot drill takes to start. */
const SLOW_BOOT = 8

/**
 * Runs, then rolls back with a reboot: files, command line, pools and mounts as first found. With `killed` the
 * controller dies by kill -9 while the host, slow to start, is away; resume must not reboot it a second time.
 */
export async function undoDrill(stage: Stage, { killed }: { killed: boolean }): Promise<readonly Phase[]> {
  const [host] = stage.hosts
  if (!host) return []
  const [files, running] = [await takeSnapshot(host), await takeRunning(host)]
  let run: string | undefined

  const forth = await phase(
    killed ? 'drill reboot' : 'run before rollback',
    'the run ended after one reboot',
    async () => {
      if (killed) await host.change({ bootDelay: SLOW_BOOT })
      const ended = killed ? await diesWhileHostIsAway(stage) : await stage.start('run').ended
      run = runOf(ended)
      if (!run) return [...troubles(ended, 'run'), 'it named no run']
      const last = killed ? await stage.again(['resume', run]).ended : ended
      if (killed) await host.change({ bootDelay: 0 })
      return [...troubles(last, killed ? 'resume' : 'run'), ...(await bootsOf([host], 2))]
    },
  )

  const back = await phase('rollback', 'files, command line, pools and mounts as first found', async () => {
    if (!run) return ['there was no run to roll back']
    const ended = await stage.again(['rollback', run, '--reboot']).ended
    const left = beyondRecord(differences(files, await takeSnapshot(host)))
    const still = differences(running, await takeRunning(host))
    const notes = [...left, ...still].map((one) => `after the rollback: ${inWords(one)}`)
    return [...rollbackTroubles(ended), ...notes, ...(await bootsOf([host], 3))]
  })
  return [forth, back]
}

/** Kills it when the host was asked to reboot and does not answer any more. */
async function diesWhileHostIsAway(stage: Stage): Promise<Ended> {
  const asked = Promise.withResolvers<void>()
  const driven = stage.start('run', {
    onEvent: (event) => {
      if (event.type === 'intent' && event.reboot) asked.resolve()
    },
  })
  // The request fires two seconds after it is made; then the host is away for its slow boot.
  await Promise.race([asked.promise.then(() => sleep(2_500 + Math.random() * 3_000)), driven.ended])
  driven.kill()
  return driven.ended
}

function rollbackTroubles(ended: Ended): readonly string[] {
  const wrong = troubles(ended, 'rollback')
  const other = Object.entries(ended.report?.hosts ?? {}).filter(([, { result }]) => result !== 'rolled-back')
  return [...wrong, ...other.map(([host, { result, text }]) => `${host} is ${result} after the rollback: ${text}`)]
}
