import type { Marker, OwnerRecord } from '../../engine/guard-port.ts'
import type { Connection } from '../../engine/ports.ts'
import { inWords } from '../../model/duration.ts'
import { HostUnreachable } from '../../model/errors.ts'
import type { RunHost } from '../../model/event.ts'
import { errorText } from '../../reporter/wording/error-text.ts'
import { checkSecrets } from '../conduct/check-secrets.ts'
import { chooseInventory, limitRunHosts } from '../conduct/choose-hosts.ts'
import { askConsent } from '../conduct/consent.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Options } from '../flags.ts'
import { reachHosts } from '../reaching/reach-hosts.ts'
import type { Verb } from '../verb.ts'
import { type Desk, openDesk } from '../wiring.ts'

/** Takes a run off its hosts: ends what it still runs there, stops its timers, and leaves the record empty. */
export const unlock: Verb = {
  words: ['<run>'],
  flags: ['inventory', 'limit', 'reason', 'yes', 'input', 'json'],
  examples: [
    ['runbook unlock 7f3k2', 'after its process hangs, or its machine is gone'],
    ['runbook unlock 7f3k2 -i prod -l hv-03', 'a run that another journal knows'],
  ],
  async act({ operator, options, words: [run = ''] }) {
    const desk = await openDesk({ operator, options, journal: options.inventory === undefined ? 'existing' : 'file' })
    try {
      const hosts = await hostsOf(desk, run, options)
      await checkSecrets(desk, hosts)
      let exitCode = 0
      for (const host of hosts) exitCode ||= await unlockHost(desk, { run, host, options })
      const { process } = (await desk.journal.runs()).find((one) => one.run === run) ?? {}
      if (process && exitCode === 0) await desk.journal.detach(run, process)
      return exitCode
    } finally {
      await desk.close()
    }
  },
}

type Reached = Pick<RunHost, 'name' | 'connection'>

/** From the run itself; a run of another journal needs an inventory. */
async function hostsOf(
  { project, journal, operator }: Desk,
  run: string,
  options: Options,
): Promise<readonly Reached[]> {
  if (options.inventory !== undefined) {
    const inventory = await chooseInventory(options, project)
    return reachHosts(inventory, 'all', options, operator)
  }
  const event = await findRun(journal, run)
  const named = limitRunHosts(event.hosts, options, operator.folder)
  return event.hosts.filter(({ name }) => !named || named.includes(name))
}

async function unlockHost(
  desk: Desk,
  { run, host, options }: { run: string; host: Reached; options: Options },
): Promise<number> {
  const { operator, ports } = desk
  let connection: Connection
  try {
    connection = await ports.transport.open(host, { deadline: '30s' })
  } catch (error) {
    if (!(error instanceof HostUnreachable)) throw error
    for (const line of errorText(error, operator.talkLook())) operator.say(line)
    return 4
  }
  try {
    const { owner, markers } = await connection.guard.inspect(run)
    const running = markers.filter(({ state }) => state === 'running')
    const owns = owner?.state === 'owned' && owner.token.run === run
    // A change that outlived its guard may still run although the host was let go of: nothing else would end it.
    if (!owns && (owner?.state === 'owned' || running.length === 0)) {
      operator.say(
        `${host.name}: run ${run} does not own it${owner?.state === 'owned' ? `; run ${owner.token.run} does` : ''}`,
      )
      return 0
    }
    const what = owns
      ? `${ownedText(host.name, owner)}${busyText(running)}`
      : `${host.name} has no owner${busyText(running)}`
    const consent = await askConsent(operator, `${what}. Unlock it?`, options)
    if (consent !== 'yes') return consent === 'nobody' ? 7 : 0
    const { ended, epoch } = await connection.guard.unlock(run)
    await record(desk, { run, host: host.name, data: { ended, epoch }, reason: options.reason ?? '' })
    operator.say(`${host.name}: unlocked, epoch ${epoch}${ended.length > 0 ? `; ended: ${ended.join(', ')}` : ''}`)
    return 0
  } finally {
    await connection.close()
  }
}

const ownedText = (host: string, { controller, since, now }: OwnerRecord): string =>
  `${host} is owned by ${controller} for ${inWords(Math.max(0, now - since) * 1_000)}`

function busyText(running: readonly Marker[]): string {
  const steps = [...new Set(running.map(({ step }) => step))]
  return steps.length > 0 ? ` and is running ${steps.join(', ')}, which will be ended` : ''
}

/** Only a run that this journal knows can be written to. The operator is told in other words. */
async function record(
  { ports, journal, who }: Desk,
  {
    run,
    host,
    data,
    reason,
  }: { run: string; host: string; data: { ended: readonly string[]; epoch: number }; reason: string },
): Promise<void> {
  const known = (await journal.runs()).some((one) => one.run === run)
  if (known) await ports.journal.append([{ type: 'control', run, host, action: 'unlock', data, who, reason }])
}
