import { createHash } from 'node:crypto'
import type { FleetStore, Standing } from '../../engine/fleet/fleet-port.ts'
import { UsageError } from '../../model/errors.ts'
import type { ControlEvent, Recorded, RunEvent } from '../../model/event.ts'
import type { Act, Asked, Deed, Hands } from '../../page/hands.ts'
import { plainPaint } from '../../reporter/wording/paint.ts'
import { planText } from '../../reporter/wording/plan-text.ts'
import { consentRows } from '../../runtime/consent-rows.ts'
import { planQuestion } from '../conduct/consent.ts'
import { findRun } from '../conduct/run-name.ts'
import { planTitle } from '../conduct/show.ts'
import { checkReason } from '../verbs/check-reason.ts'
import { plansOf } from './follow-run.ts'
import { haltRun } from './halt-run.ts'
import { standingText } from './standing-text.ts'

/** As wide as a terminal that is not narrow. */
const COLUMNS = 110

/** What may be done from the page with runs of a store. `machine`: user@machine on which the page is shown. */
export function handsOn(store: FleetStore, machine: string): Hands {
  const { journal, fleet } = store

  async function plansAsked(run: string) {
    const standing = await fleet.standing(run)
    if (standing?.phase !== 'approve' || standing.halted !== null) return null
    const event = await findRun(journal, run)
    const plans = await plansOf({ store }, event)
    return plans.ready.length === 0 ? null : { event, ...plans }
  }

  async function approve(run: string, { seal, reason }: Deed, who: string): Promise<void> {
    const asked = await plansAsked(run)
    if (asked === null) throw new UsageError(`run ${run} waits for no approval any more`)
    if (sealOf(asked) !== seal) throw new UsageError('the plans are others than those that you saw: look again')
    const { ready, unready } = asked
    const plans = Object.fromEntries(ready.map(({ host, hash }) => [host, hash]))
    await journal.append([
      ...consentRows({ run, ready, unready, who, reason }),
      { type: 'approved', run, plans, who: `${who}, because ${reason}` },
    ])
  }

  async function goOn(run: string, { reason }: Deed, who: string): Promise<void> {
    const row: ControlEvent = { type: 'control', run, action: 'resume', data: null, who, reason }
    await journal.append([row])
    await fleet.halt(run, null)
  }

  return {
    async standing(run) {
      const standing = await fleet.standing(run)
      return standing && { text: standingText(run, standing), acts: actsIn(standing) }
    },
    async asked(run) {
      const asked = await plansAsked(run)
      return asked && told(asked)
    },
    async act(run, deed) {
      const event = await findRun(journal, run)
      const standing = await fleet.standing(run)
      if (!standing || !actsIn(standing).includes(deed.act)) {
        const now = standing ? standingText(run, standing) : 'it was not given to workers'
        throw new UsageError(`${deed.act} is not what run ${run} can be told now: ${now}`)
      }
      // Whoever stops a run needs no leave for it.
      if (deed.act === 'approve' || deed.act === 'go-on') checkReason(event, deed.reason)
      const who = `${deed.name} (${machine})`
      if (deed.act === 'approve') await approve(run, deed, who)
      else if (deed.act === 'go-on') await goOn(run, deed, who)
      else await haltRun(store, { run, action: deed.act, who, reason: deed.reason })
    },
  }
}

type PlansAsked = Awaited<ReturnType<typeof plansOf>> & { readonly event: Recorded<RunEvent> }

function told({ event, ready, unready }: PlansAsked): Asked {
  const look = { paint: plainPaint, columns: COLUMNS }
  const lines = planText({ plans: ready, diffs: [], shownKeys: new Set() }, look)
  return {
    question: planQuestion(ready, unready, event),
    plan: [planTitle(event.runbook, ready, event.run), '', ...lines].join('\n'),
    seal: sealOf({ ready, unready }),
  }
}

const sealOf = ({ ready, unready }: Pick<PlansAsked, 'ready' | 'unready'>): string =>
  createHash('sha256')
    .update(JSON.stringify([ready.map(({ host, hash }) => [host, hash]), unready.map(({ host }) => host)]))
    .digest('hex')

/** What a run can be told where it stands. */
function actsIn({ phase, halted }: Standing): readonly Act[] {
  if (phase === 'over' || halted === 'cancel') return []
  if (halted === 'pause') return ['go-on', 'cancel']
  return phase === 'approve' ? ['approve', 'cancel'] : ['pause', 'cancel']
}
