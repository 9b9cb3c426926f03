import type { Order, TurnOrder } from '../../engine/fleet/fleet-port.ts'
import { NotOwner, UsageError } from '../../model/errors.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'
import type { Host } from '../../model/inventory.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Options } from '../flags.ts'
import type { Desk } from '../wiring.ts'
import { storeOf } from './fleet-desk.ts'
import { followRun } from './follow-run.ts'

/** How many hosts of all workers are open at a time when nothing is said. */
const AT_ONCE = 50

/** The variable that tells a worker which hosts it reaches. */
const SITE = 'site'

type Given = Pick<Order, 'phase' | 'only'> & { readonly turns: readonly TurnOrder[]; readonly options: Options }

/** Gives a run to the workers and follows it. Throws NotOwner where they have it already. */
export async function submitRun(
  desk: Desk,
  event: Recorded<RunEvent>,
  given: Given & { readonly since: number },
): Promise<number> {
  const { since, ...order } = given
  await giveToWorkers(desk, event.run, order)
  return followRun(desk, { event, since, options: given.options })
}

/** Throws NotOwner where they have it already. */
export async function giveToWorkers(desk: Desk, run: string, { turns, options, ...order }: Given): Promise<void> {
  const taken = await storeOf(desk).fleet.submit(
    {
      ...order,
      run,
      submission: crypto.randomUUID(),
      atOnce: options.concurrency ?? AT_ONCE,
      perDomain: spreadOf(options)?.most ?? null,
      yes: options.yes ?? false,
      skipUnready: options.skipUnready ?? false,
    },
    turns,
  )
  if (!taken) {
    throw new NotOwner(`run ${run} is in the hands of the workers`, {
      code: 'E_RUN_ACTIVE',
      remedy: `Wait for it: runbook status ${run}. Or stop it: runbook cancel ${run}`,
    })
  }
}

/** Each host with its site and its failure domain, to be asked. Throws UsageError for hosts without the variable. */
export function turnsOf(hosts: readonly Host[], options: Options): readonly TurnOrder[] {
  const spread = spreadOf(options)
  const text = ({ vars }: Host, variable: string) => (vars[variable] == null ? '' : String(vars[variable]))
  if (spread) {
    const without = hosts.filter((host) => text(host, spread.variable) === '').map(({ name }) => name)
    if (without.length > 0) {
      throw new UsageError(`--spread ${spread.variable}: the inventory does not say it of ${foldHosts(without)}`)
    }
  }
  return hosts.map((host) => ({
    host: host.name,
    site: text(host, SITE),
    domain: spread ? text(host, spread.variable) : '',
    asked: true,
  }))
}

/** `rack` is one host of each rack at a time, `rack=3` are three. */
function spreadOf({ spread }: Options): { readonly variable: string; readonly most: number } | null {
  if (spread === undefined) return null
  const [, variable = '', most = '1'] = /^([A-Za-z_]\w*)(?:=([1-9]\d{0,4}))?$/.exec(spread) ?? []
  if (variable !== '') return { variable, most: Number(most) }
  throw new UsageError(`--spread ${JSON.stringify(spread)}: it must be a variable, or a variable=number`)
}
