import { milliseconds } from '../../model/duration.ts'
import type { StepResult } from '../../model/outcome.ts'
import { conclude, ensureClaim, type HostRun } from '../host-run.ts'
import type { Connection } from '../ports.ts'
import { notStarted, pace, rebootUnderWay, startsWithin, untilStarted, watching } from './cross-reboot.ts'
import type { StepEnd } from './step-end.ts'

/**
 * Ends the reboot of the way forward in whose midst a host is sent back: stopped where it can be, waited for where it
 * cannot. What it brought is not asked any more; the way back judges by what is current. Null when it is over.
 */
export async function endForwardReboot(trip: HostRun, connection: Connection): Promise<StepEnd | null> {
  const underWay = rebootUnderWay(trip)
  if (underWay?.act !== 'apply') return null
  const { step, checkpoint } = underWay
  const { bootId } = await connection.guard.inspect(trip.run.run)
  const { attempt } = checkpoint
  const since = watching(trip, underWay, checkpoint).since
  const elapsed = trip.ports.clock.now() - since
  if (bootId !== checkpoint.reboot?.bootId) {
    const notes = await untilStarted(trip, connection)
    const result: StepResult = { outcome: 'changed', text: 'it has booted; what that brought was not asked', notes }
    await conclude(trip, { step: step.id, act: 'apply', attempt, milliseconds: Math.round(elapsed), result })
    return null
  }
  const stopped = await connection.guard.cancelReboot({ token: await ensureClaim(trip, connection) })
  if (stopped !== 'too-late') {
    const { run, host, book } = trip
    await book.write({ type: 'void', run: run.run, host: host.name, step: step.id, act: 'apply', attempt })
    return null
  }
  if (elapsed > milliseconds(startsWithin(step))) return notStarted(trip, connection, underWay, checkpoint)
  await trip.line.drop()
  return { kind: 'wait', milliseconds: pace(elapsed) }
}
