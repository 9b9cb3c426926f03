import type { ChangeStep } from '../../../model/step.ts'
import { systemdVersion } from '../../facts/system.ts'
import { type OwnedFileFound, ownedFile } from '../owned-file.ts'
import { type KernelValue, valuesHold } from './kernel-values.ts'

/** Since this version a line may end in `-`: a value that cannot be written does not fail the boot. */
const FORGIVING_SINCE = 246

export interface TmpfilesParts {
  readonly id: string
  readonly runbook: string
  /** Names the file: /etc/tmpfiles.d/runbook-TOPIC.conf. */
  readonly topic: string
  readonly values: readonly KernelValue[]
}

/** systemd writes the values into files of the kernel early at every boot. /sys has no sysctl; this is its counterpart. */
export const writtenAtBoot = ({ id, runbook, topic, values }: TmpfilesParts): ChangeStep<OwnedFileFound> =>
  ownedFile({
    id,
    path: tmpfilesPath(topic),
    runbook,
    body: async (host) => tmpfilesBody(values, await host.ask(systemdVersion)),
    inForce: (host) => valuesHold(host, values),
  })

export const tmpfilesPath = (topic: string): string => `/etc/tmpfiles.d/runbook-${topic}.conf`

/** One line per value, as tmpfiles.d(5) wants it. */
export const tmpfilesBody = (values: readonly KernelValue[], systemd: number): string =>
  values.map(({ path, value }) => `${systemd >= FORGIVING_SINCE ? 'w-' : 'w'} ${path} - - - - ${value}\n`).join('')
