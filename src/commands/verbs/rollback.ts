import type { WayBack } from '../../engine/go-back.ts'
import { judgedBy } from '../../engine/make-report.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'
import type { Look } from '../../reporter/wording/paint.ts'
import { wrapText } from '../../reporter/wording/wrap-text.ts'
import { hosts } from '../../reporter/wording.ts'
import { limitRunHosts } from '../conduct/choose-hosts.ts'
import { conductRun } from '../conduct/conduct-run.ts'
import { askConsent, batchesText } from '../conduct/consent.ts'
import { openStoredRun } from '../conduct/open-stored-run.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { openDesk } from '../wiring.ts'

/** Puts back what a run changed: undo in reverse, then what is derived is settled forward. */
export const rollback: Verb = {
  words: ['<run>'],
  flags: [
    'limit',
    'reboot',
    'acceptChanges',
    'concurrency',
    'reason',
    'notify',
    'notifyKey',
    'yes',
    'input',
    'json',
    'verbose',
  ],
  examples: [
    ['runbook rollback 7f3k2', 'files and services as first found'],
    ['runbook rollback 7f3k2 --reboot', 'the running system too, where that needs a boot'],
  ],
  async act({ operator, options, words }) {
    const desk = await openDesk({ operator, options, journal: 'existing' })
    try {
      const event = await findRun(desk.journal, words[0] ?? '')
      const loaded = await openStoredRun(desk, event, options)
      const named = limitRunHosts(event.hosts, options, operator.folder) ?? event.hosts.map(({ name }) => name)
      return await conductRun(desk, { run: event.run, loaded, options, verb: 'rollback' }, async (session, ears) => {
        const ways = [...(await session.previewBack(named))]
        const going = ways.map(([host]) => host)
        if (going.length === 0) {
          desk.operator.say(`Run ${event.run} has changed nothing that could be put back.`)
          return { report: await session.report(), causes: [] }
        }
        if (options.json)
          for (const [host, way] of ways) desk.operator.put(JSON.stringify({ type: 'way-back', host, ...way }))
        else for (const line of previewText(ways, desk.operator.dataLook())) desk.operator.put(line)
        const reboots = options.reboot ? ', rebooting where that needs it,' : ''
        const question = `Roll back ${hosts(going.length)}${reboots} in ${batchesText(going, event)}?`
        const answer = await askConsent(desk.operator, question, options)
        if (answer !== 'yes') {
          desk.operator.say('Nothing is put back.')
          return { report: await session.report(), causes: answer === 'nobody' ? [7] : [] }
        }
        const why = { who: desk.who, reason: options.reason ?? '', reboot: options.reboot ?? false }
        await session.sendBack(going, why)
        const report = await session.execute({ signals: ears, hosts: going })
        return { report: judgedBy(report, going), causes: [] }
      })
    } finally {
      await desk.close()
    }
  },
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
