import type { WayBack } from '../../engine/steps/way-back.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { hosts } from '../../reporter/wording.ts'
import type { RunSession } from '../../runtime/open-run.ts'
import { limitRunHosts } from '../conduct/choose-hosts.ts'
import { askConsent, batchesText } from '../conduct/consent.ts'
import type { Options } from '../flags.ts'
import type { Desk } from '../wiring.ts'

/** The hosts that were sent back, or null where none is, with causes of an exit code. */
export type Agreed =
  | { readonly hosts: readonly string[] }
  | { readonly hosts: null; readonly causes: readonly number[] }

/** Shows what going back means for each host, asks once, and sends back those that there is something to do for. */
export async function agreeBack(
  desk: Pick<Desk, 'operator' | 'who'>,
  session: Pick<RunSession, 'event' | 'previewBack' | 'sendBack'>,
  options: Options,
): Promise<Agreed> {
  const { operator, who } = desk
  const { event } = session
  const named = limitRunHosts(event.hosts, options, operator.folder) ?? event.hosts.map(({ name }) => name)
  const ways = [...(await session.previewBack(named))]
  const going = ways.map(([host]) => host)
  if (going.length === 0) {
    operator.say(`Run ${event.run} has changed nothing that could be put back.`)
    return { hosts: null, causes: [] }
  }
  if (options.json) for (const [host, way] of ways) operator.put(JSON.stringify({ type: 'way-back', host, ...way }))
  else for (const line of previewText(ways, operator.dataLook())) operator.put(line)
  const reboots = options.reboot ? ', rebooting where that needs it,' : ''
  const question = `Roll back ${hosts(going.length)}${reboots} in ${batchesText(going, event)}?`
  const answer = await askConsent(operator, question, options)
  if (answer !== 'yes') {
    operator.say('Nothing is put back.')
    return { hosts: null, causes: answer === 'nobody' ? [7] : [] }
  }
  await session.sendBack(going, { who, reason: options.reason ?? '', reboot: options.reboot ?? false })
  return { hosts: going }
}

/** What going back means, once for all hosts for which it is the same. */
function previewText(ways: readonly (readonly [string, WayBack])[], look: Look): readonly string[] {
  const groups = Map.groupBy(ways, ([, way]) => JSON.stringify(way))
  return [...groups.values()].flatMap((group) => {
    const names = foldHosts(group.map(([host]) => host))
    const { undo = [], settle = [], keep = [] } = group[0]?.[1] ?? {}
    const line = (what: string, ids: readonly string[]) =>
      ids.length > 0 ? wrapText(`  ${what.padEnd(8)}${ids.join(', ')}`, look.columns, 10) : []
    const acts = [...line('undo', undo), ...line('settle', settle), ...line('keep', keep)]
    return [look.paint('strong', names), ...(acts.length > 0 ? acts : ['  nothing is left to put back; released']), '']
  })
}
