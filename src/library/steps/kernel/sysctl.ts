import { type Note, warning } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import type { ChangeStep } from '../../../model/step.ts'
import { sysctlAtBoot } from '../../facts/kernel/sysctl.ts'
import { byBootOrder } from '../../formats/kernel/drop-in-order.ts'
import { sysctlFile } from '../../formats/kernel/sysctl-settings.ts'
import { type OwnedFileFound, ownedFile } from '../owned-file.ts'
import { type KernelValue, type KernelValuesFound, kernelValues, valuesHold } from './kernel-values.ts'

/** Keys of sysctl with dots, such as `vm.swappiness`, to their values. */
export type SysctlWish = Readonly<Record<string, string>>

export interface SysctlParts {
  readonly id: string
  readonly wish: SysctlWish
}

/** A drop-in of sysctl.d sets the keys at every boot. Warns where a later file sets one of them otherwise. */
export const sysctlPersistent = (
  parts: SysctlParts & {
    readonly runbook: string
    /** Names the file: /etc/sysctl.d/99-runbook-TOPIC.conf. */
    readonly topic: string
  },
): ChangeStep<OwnedFileFound> => {
  const { id, wish, runbook, topic } = parts
  const path = `/etc/sysctl.d/99-runbook-${topic}.conf`
  const body = Object.entries(wish).map(([key, value]) => `${key} = ${value}\n`)
  return ownedFile({
    id,
    runbook,
    path,
    body: body.join(''),
    inForce: (host) => valuesHold(host, valuesOf(wish)),
    notes: (host) => overriding(host, wish, path),
  })
}

/** The running kernel has the values of the keys. Keys that it does not have are passed over. */
export const sysctlInForce = ({ id, wish }: SysctlParts): ChangeStep<KernelValuesFound> =>
  kernelValues({ id, values: valuesOf(wish), missing: 'passed-over' })

const valuesOf = (wish: SysctlWish): readonly KernelValue[] =>
  Object.entries(wish).map(([key, value]) => ({ path: sysctlFile(key), value }))

/** Files that a boot reads behind ours and that set one of the keys otherwise. */
async function overriding(host: Probe, wish: SysctlWish, own: string): Promise<readonly Note[]> {
  const settings = await host.ask(sysctlAtBoot)
  return Object.entries(wish).flatMap(([key, value]) => {
    const last = settings.get(key)
    if (!last || last.value === value || byBootOrder(last.path, own) < 0) return []
    return [
      warning('W_SYSCTL_OVERRIDDEN', `${last.path} sets ${key} = ${last.value} behind ${own}: a boot ends with that`),
    ]
  })
}
