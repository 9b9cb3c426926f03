import { type Reboot, reboot } from '../../../src/model/step.ts'
import {
  type FakeHost,
  type FakeProgram,
  fakeClock,
  fakeTransport,
  memoryJournal,
  runOn,
  textFile,
} from '../../../src/testing.ts'
import { booted, configGenerated, toyHost, toyRunbook, wishWritten } from '../toy.ts'
import { withGuard } from './with-guard.ts'

export const { startsWithin: _starts, backWithin: _back, before: _before, ...plain } = booted
/** A reboot with nothing told that has a default. */
export const crossing = (parts: Partial<Reboot> = {}): Reboot => reboot({ ...plain, ...parts })
export const behind = (step: Reboot) => toyRunbook([wishWritten, configGenerated, step])
/** On each boot. */
export const neverBoots = (it: FakeHost) => it.files.set('/run/live', textFile('old\n'))

/** A run over {@link behind} such a reboot, and what came of it. */
export async function cross(
  step: Reboot,
  { onReboot = 'reboots' as FakeHost['onReboot'], commands = [] as FakeProgram[] } = {},
) {
  const host = toyHost({ commands })
  host.onReboot = onReboot
  const journal = memoryJournal()
  const clock = fakeClock()
  // The clock of a controller that has gone on for a day.
  await clock.sleep(86_400_000)
  const requests: string[] = []
  const transport = withGuard(fakeTransport({ hosts: [host], clock }), (guard) => ({
    requestReboot: (request) => guard.requestReboot(request).finally(() => requests.push(request.oldBootId)),
  }))
  const { report, rows } = await runOn(behind(step), {}, [host], { journal, clock, transport })
  const spent = clock.now() - 86_400_000
  return { host, journal, clock, rows, ended: report.hosts[0], run: report.run, requests, spent }
}
