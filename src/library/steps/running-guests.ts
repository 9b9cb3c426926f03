import { CommandFailed } from '../../model/errors.ts'
import type { Probe } from '../../model/probe.ts'
import { guests } from '../facts/libvirt.ts'

/** The guests that run on a host, by UUID. Throws CommandFailed where libvirt does not say. */
export async function runningGuests(host: Probe): Promise<readonly string[]> {
  const answer = await host.ask(guests)
  if (answer.state === 'known') return answer.running
  throw new CommandFailed(`libvirt on ${host.name} does not say which guests run: ${answer.because}`, {
    code: 'E_GUESTS_UNKNOWN',
    exitCode: null,
    tail: answer.because,
    remedy: 'Start libvirt, or make sure by hand that no guest runs.',
  })
}
