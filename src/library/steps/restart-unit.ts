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
 * A unit that does not run owes nothing. Proved when it is active now and 10 seconds later without having been
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

/** In rollback a restart is due where the host still notes one. */
export const settleByRestart = (wanted: string | ServiceSearch): Settle => ({
  async current(host) {
    const unit = await unitOf(host, wanted)
    return unit === null || (await owesRestart(host, unit)) === null
  },
  async apply(host) {
    const unit = await unitOf(host, wanted)
    if (unit !== null) await restart(host, unit)
  },
})

/** Restarts a unit and takes away the note of the restart that it owed. */
export const restart = (host: Session, unit: string): Promise<unknown> =>
  host.run(sh`systemctl restart ${unit}`, { pays: unit, limit: '5m' })

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
  if (entry === null || state.invocation === '' || !RUNS.includes(state.active)) return null
  if (entry === 'any') return 'a change that it must notice began and may have been made'
  return entry === state.invocation ? 'it has run since before a change that it must notice' : null
}

const RUNS: readonly string[] = ['active', 'activating', 'reloading', 'deactivating']
