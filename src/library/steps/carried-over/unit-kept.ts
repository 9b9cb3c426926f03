import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { unitState } from '../../facts/units.ts'

export type UnitKeptFound = { readonly active: boolean; readonly enabled: boolean }

export interface UnitKeptParts {
  readonly id: string
  /** Such as `libvirtd.service`. */
  readonly unit: string
  readonly running?: boolean
  readonly enabled?: boolean
}

/** A unit runs or not, and is started at boot or not: as Ansible's `systemd` has it without restarts and reloads. */
export const unitKept = ({ id, unit, running, enabled }: UnitKeptParts): ChangeStep<UnitKeptFound> =>
  step<UnitKeptFound>({
    id,
    async check(host): Promise<Check<UnitKeptFound>> {
      const state = await host.ask(unitState(unit))
      if (!state.exists) return unknown(unit, 'is not there')
      const isActive = state.active === 'active' || state.active === 'activating'
      if (enabled !== undefined && !['enabled', 'disabled'].includes(state.enabled))
        return unknown(unit, `is "${state.enabled}", neither enabled nor disabled`)
      const found = { active: isActive, enabled: state.enabled === 'enabled' }
      const words = changes(found, { running, enabled })
      if (words.length === 0) return satisfied(`${unit} is as wished`)
      return needed(`${words.join(', ')} ${unit}`, found)
    },
    async apply(host, found) {
      for (const word of changes(found, { running, enabled })) await host.run(sh`systemctl ${word} -- ${unit}`)
    },
    async rollback(host, found) {
      const back = { running: found.active, enabled: found.enabled }
      const left = { active: running ?? found.active, enabled: enabled ?? found.enabled }
      for (const word of changes(left, back)) await host.run(sh`systemctl ${word} -- ${unit}`)
    },
  })

function changes(
  found: UnitKeptFound,
  { running, enabled }: { readonly running: boolean | undefined; readonly enabled: boolean | undefined },
): readonly string[] {
  return [
    ...(enabled === undefined || enabled === found.enabled ? [] : [enabled ? 'enable' : 'disable']),
    ...(running === undefined || running === found.active ? [] : [running ? 'start' : 'stop']),
  ]
}

const unknown = (unit: string, what: string) =>
  blocked({ code: 'E_UNIT_UNKNOWN', because: `${unit} ${what}`, remedy: `See: systemctl status ${unit}` })
