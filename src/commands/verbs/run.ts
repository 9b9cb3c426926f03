import { soakOf } from '../../engine/rollout/wave.ts'
import { UsageError } from '../../model/errors.ts'
import type { RunEvent } from '../../model/event.ts'
import { approvePlans } from '../conduct/approve-plans.ts'
import { checkSecrets } from '../conduct/check-secrets.ts'
import { conductRun } from '../conduct/conduct-run.ts'
import { prepareRun } from '../conduct/prepare-run.ts'
import { newRunName } from '../conduct/run-name.ts'
import type { Options } from '../flags.ts'
import { submitRun, turnsOf } from '../fleet/submit-run.ts'
import type { Verb } from '../verb.ts'
import { betweenWaves } from '../waves/between-waves.ts'
import { openDesk } from '../wiring.ts'
import { checkReason } from './check-reason.ts'

/** Plans, asks once, changes. */
export const run: Verb = {
  words: ['<runbook>'],
  flags: [
    'inventory',
    'limit',
    'set',
    'vars',
    'concurrency',
    'batch',
    'maxFail',
    'pause',
    'soak',
    'health',
    'until',
    'skipUnready',
    'askSudo',
    'sudoPasswordFile',
    'override',
    'exact',
    'reason',
    'notify',
    'notifyKey',
    'yes',
    'input',
    'json',
    'verbose',
    'store',
    'spread',
  ],
  examples: [
    ['runbook run hugepages-1g -i prod', 'plan, one question, change'],
    ['runbook run hugepages-1g -i prod --batch 1,10% --max-fail 2', 'one host first, then tenths'],
    ['runbook run hugepages-1g -i prod --pause after-canary --health ./check-pool', 'a look before the rest'],
    ['runbook run hugepages-1g -i prod --yes --json', 'for automation'],
    ['runbook run hugepages-1g -i prod --store postgres://runbook@db/runbook --spread rack', 'by workers'],
  ],
  async act(call) {
    const { operator, options } = call
    if (options.spread !== undefined && options.store === undefined) {
      throw new UsageError('--spread is counted in the store that workers share: name it with --store')
    }
    const { loaded, event, chosen } = await prepareRun(call)
    checkReason(event, options.reason)
    const turns = turnsOf(chosen, options)
    if (options.store !== undefined) refuseWatching(event, options)
    const desk = await openDesk({ operator, options, journal: 'file' })
    try {
      if (!desk.store) await checkSecrets(desk, event.hosts, loaded.runbook)
      const name = await newRunName(desk.journal, desk.ports.random)
      const bundle = await desk.journal.storeBundle(loaded.files)
      const [row] = await desk.journal.append([{ ...event, run: name, bundle }])
      if (desk.store && row) {
        const given = { phase: 'plan', only: null, turns, since: row.seq, options } as const
        return await submitRun(desk, { ...event, run: name, bundle, seq: row.seq, at: row.at }, given)
      }
      return await conductRun(desk, { run: name, loaded, options }, async (session, ears) => {
        const plans = await session.plan(
          event.hosts.map((host) => host.name),
          ears,
        )
        await desk.reporter.rest()
        if (ears.drain.aborted) return { report: await session.report(), causes: [] }
        const unready = plans.filter(({ state }) => state === 'blocked' || state === 'unreachable')
        const approval = await approvePlans(desk, session, { plans, unready, options })
        if (approval !== 'approved') {
          const causes = approval === 'nothing-to-approve' ? [] : [7]
          return { report: await session.report(), causes }
        }
        const between = await betweenWaves(desk, session.event, { options, ears })
        return { report: await session.execute({ signals: ears, between }), causes: [] }
      })
    } finally {
      await desk.close()
    }
  },
}

/** Nobody sits beside workers. Secrets they get by themselves, from where their references lead there. */
function refuseWatching({ hosts, rollout }: Pick<RunEvent, 'hosts' | 'rollout'>, options: Options): void {
  const watched = (rollout.pause ?? 'never') !== 'never' || soakOf(rollout) > 0
  if (watched || options.health !== undefined || options.until !== undefined || options.notify !== undefined) {
    throw new UsageError('workers do not know pauses between batches, --soak, --health, --until and --notify', {
      remedy: 'Leave out --store, or say --pause never --soak 0s and pause by hand: runbook pause RUN',
    })
  }
  if (!hosts.some(({ connection }) => connection.sudoPassword?.startsWith('prompt:'))) return
  throw new UsageError('workers cannot ask for a sudo password', {
    remedy: 'Name one that each worker has: sudoPassword: file:/etc/runbook/sudo-password in the inventory',
  })
}
