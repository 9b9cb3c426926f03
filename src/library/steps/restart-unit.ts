import { type BlockedCheck, blocked, type Check, needed, type Satisfied, satisfied } from '../../model/check.ts'
import { sh } from '../../model/command.ts'
import { warning } from '../../model/note.ts'
import type { Probe, Session } from '../../model/probe.ts'
import { type Audit, audit, type ChangeStep, type Settle, step } from '../../model/step.ts'
import type { ServiceSearch } from '../facts/libvirt.ts'
import { pendingRestart, unitStability, unitState } from '../facts/units.ts'

/** What a restart must remember: the unit by its name on this host. */
export type RestartFound = { readonly unit: string }

export interface RestartUnitParts {
  readonly id: string
  /** The unit's name, or how to find it. */
  readonly unit: string | ServiceSearch
}

/**
 * Restarts a unit that owes it: the host notes every change that the unit must notice, whichever run made it.
 * A unit that does not run owes nothing, unless it was started since and did not stay up. Proved when it is active now and 10 seconds later without having been
 * started again in between.
 */
export const restartUnit = ({ id, unit: wanted }: RestartUnitParts): ChangeStep<RestartFound> =>
  step<RestartFound>({
    id,
    async check(host): Promise<Check<RestartFound>> {
      const unit = await unitOf(host, wanted)
      if (unit === null) return serviceMissing(host, wanted)
      const owed = await owesRestart(host, unit)
      if (owed === null) return satisfied(`${unit} owes no restart`, { watches: unit })
      return needed(`restart ${unit}: ${owed}`, { unit })
    },
    apply: (host, { unit }) => restart(host, unit),
    verify: (host, { unit }) => stable(host, unit),
    settle: settleByRestart(wanted),
  })

/** Says that a service is left alone, which then works as before until somebody starts it anew. */
export const restartLeft = ({ role }: ServiceSearch): Audit =>
  audit({
    id: `restart-of-${role}-is-left`,
    async check() {
      const note = `${role} notices changes of its files only when it starts; restart=false leaves that to you`
      return satisfied(`${role} is left alone`, { notes: [warning('W_RESTART_LEFT', note)] })
    },
  })

/**
 * In rollback a restart is due where the host still notes one, and where the unit did not stand the one before: it ran
 * until then, and what made it fail is gone by now.
 */
export const settleByRestart = (wanted: string | ServiceSearch): Settle => ({
  async current(host) {
    const unit = await unitOf(host, wanted)
    if (unit === null) return true
    const [owed, { active }] = await Promise.all([owesRestart(host, unit), host.ask(unitState(unit))])
    return owed === null && !FAILS.includes(active)
  },
  async apply(host) {
    const unit = await unitOf(host, wanted)
    if (unit !== null) await restart(host, unit)
  },
})

/** Restarts a unit and takes away the note of the restart that it owed. */
export async function restart(host: Session, unit: string): Promise<void> {
  const { active } = await host.ask(unitState(unit))
  // systemd does not start a unit that has failed several times in a row, until it is told to forget that.
  const forget = FAILS.includes(active) ? sh`systemctl reset-failed ${unit};` : sh``
  await host.run(sh`${forget} systemctl restart ${unit}`, { pays: unit, limit: '5m' })
}

/** Is a unit active now and 10 seconds later, without having been started again in between? */
export async function stable(host: Probe, unit: string): Promise<Satisfied | BlockedCheck> {
  const { before, after } = await host.ask(unitStability(unit), { limit: '45s' })
  const stays = before.active === 'active' && after.active === 'active' && before.restarts === after.restarts
  if (stays) return satisfied(`${unit} has been active for 10s since its restart`)
  const seen = `${before.active}, 10s later ${after.active}, started again ${after.restarts - before.restarts} times`
  return blocked({
    code: 'E_UNIT_NOT_STABLE',
    because: `${unit} does not stay up after its restart: ${seen}`,
    remedy: `Ask the host: systemctl status ${unit}; journalctl -u ${unit} -n 50.`,
  })
}

/** The unit's name on this host; null where there is none. */
export const unitOf = async (host: Probe, wanted: string | ServiceSearch): Promise<string | null> =>
  typeof wanted === 'string' ? wanted : host.ask(wanted.unit)

/** A host without the service. */
export function serviceMissing(host: Probe, wanted: string | ServiceSearch): BlockedCheck {
  const { role, lookedFor } = typeof wanted === 'string' ? { role: wanted, lookedFor: [wanted] } : wanted
  return blocked({
    code: 'E_SERVICE_MISSING',
    because: `no ${role} service on ${host.name}; looked for ${lookedFor.join(', ')}`,
    remedy: `Install ${role} on ${host.name}, or take the host out of this runbook.`,
  })
}

async function owesRestart(host: Probe, unit: string): Promise<string | null> {
  const [entry, state] = await Promise.all([host.ask(pendingRestart(unit)), host.ask(unitState(unit))])
  if (entry === null || state.invocation === '') return null
  if (entry !== 'any' && entry !== state.invocation) {
    return FAILS.includes(state.active)
      ? `it was started since a change that it must notice, and is ${state.active}`
      : null
  }
  if (!RUNS.includes(state.active)) return null
  return entry === 'any'
    ? 'a change that it must notice began and may have been made'
    : 'it has run since before a change that it must notice'
}

const RUNS: readonly string[] = ['active', 'activating', 'reloading', 'deactivating']
/** Between two starts of a loop systemd calls a unit activating. */
const FAILS: readonly string[] = ['failed', 'activating']
