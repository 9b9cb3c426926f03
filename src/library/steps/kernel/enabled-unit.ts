import { type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { unitState } from '../../facts/units.ts'
import { isOwned, notOurs, ownedText } from '../owned-file.ts'
import { driftNotes, withoutDrift } from './drift.ts'

/** What was found of a unit of ours: enough to take away exactly what the step added. */
export type EnabledUnitFound = { readonly file: string; readonly writes: boolean; readonly enabled: boolean }

export interface EnabledUnitParts {
  readonly id: string
  readonly runbook: string
  /** Such as `runbook-thp.service`. */
  readonly unit: string
  readonly body: string
  /** Does the running host have what the unit sets at boot? With it the step tells where the two differ. */
  readonly inForce?: (host: Probe) => Promise<boolean>
}

/** A unit that belongs to a runbook and is started at every boot. Whether it runs now is for another step to see to. */
export function enabledUnit({ id, runbook, unit, body, inForce }: EnabledUnitParts): ChangeStep<EnabledUnitFound> {
  const path = `/etc/systemd/system/${unit}`
  const wish = ownedText(runbook, body)
  const check = async (host: Probe): Promise<Check<EnabledUnitFound>> => {
    const [file, state, now] = await Promise.all([host.read(path), host.ask(unitState(unit)), inForce?.(host) ?? null])
    if (file.state === 'present' && !isOwned(file.text, runbook)) return notOurs(path, runbook)
    const writes = file.text !== wish
    const enabled = state.enabled === 'enabled'
    const atBoot = !writes && enabled
    const notes = now === null ? [] : driftNotes({ now, atBoot }, `what ${unit} sets`)
    if (atBoot) return satisfied(`${unit} is enabled`, { notes })
    const found = { file: file.fingerprint, writes, enabled }
    return needed(`${writes ? 'write and enable' : 'enable'} ${unit}`, found, { diff: [file.text, wish], notes })
  }
  return step<EnabledUnitFound>({
    id,
    check,
    async apply(host, { file, writes }) {
      if (writes) await host.write(path, wish, { replacing: file })
      await host.run(sh`systemctl daemon-reload && systemctl enable ${unit}`)
    },
    verify: async (host) => withoutDrift(await check(host)),
    async rollback(host, { file, enabled }) {
      if (!enabled) await host.run(sh`if [ -e ${path} ]; then systemctl disable ${unit}; fi`)
      await host.restore(path, file)
      await host.run(sh`systemctl daemon-reload`)
    },
  })
}
