import { type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { unitState } from '../../facts/units.ts'
import { isOwned, notOurs, ownedText } from '../owned-file.ts'
import { lostAtReboot } from './drift.ts'

/** What was found of a unit of ours: enough to take away exactly what the step added. */
export type EnabledUnitFound = { readonly file: string; readonly writes: boolean; readonly enabled: boolean }

export interface EnabledUnitParts {
  readonly id: string
  readonly runbook: string
  /** Such as `runbook-thp.service`. */
  readonly unit: string
  readonly body: string
  /** What it is to bring back at boot and holds already, as a half sentence; null where it does not hold. */
  readonly inForce?: (host: Probe) => Promise<string | null>
}

/** A unit that belongs to a runbook and is started at every boot. Whether it runs now is for another step to see to. */
export function enabledUnit({ id, runbook, unit, body, inForce }: EnabledUnitParts): ChangeStep<EnabledUnitFound> {
  const path = `/etc/systemd/system/${unit}`
  const wish = ownedText(runbook, body)
  return step<EnabledUnitFound>({
    id,
    async check(host): Promise<Check<EnabledUnitFound>> {
      const [file, state, holding] = await Promise.all([
        host.read(path),
        host.ask(unitState(unit)),
        inForce?.(host) ?? null,
      ])
      if (file.state === 'present' && !isOwned(file.text, runbook)) return notOurs(path, runbook)
      const writes = file.text !== wish
      const enabled = state.enabled === 'enabled'
      if (!writes && enabled) return satisfied(`${unit} is enabled`)
      const found = { file: file.fingerprint, writes, enabled }
      const notes = holding === null ? [] : [lostAtReboot(holding)]
      return needed(`${writes ? 'write and enable' : 'enable'} ${unit}`, found, { diff: [file.text, wish], notes })
    },
    async apply(host, { file, writes }) {
      if (writes) await host.write(path, wish, { replacing: file })
      await host.run(sh`systemctl daemon-reload && systemctl enable ${unit}`)
    },
    async rollback(host, { file, enabled }) {
      if (!enabled) await host.run(sh`if [ -e ${path} ]; then systemctl disable ${unit}; fi`)
      await host.restore(path, file)
      await host.run(sh`systemctl daemon-reload`)
    },
  })
}

/** The unit that a boot starts, as a half sentence; null where it is not as wished or not enabled. */
export async function setByUnit(host: Probe, { runbook, unit, body }: Omit<EnabledUnitParts, 'id'>) {
  const [file, { enabled }] = await Promise.all([host.read(`/etc/systemd/system/${unit}`), host.ask(unitState(unit))])
  return file.text === ownedText(runbook, body) && enabled === 'enabled' ? `${unit} sets these values` : null
}
