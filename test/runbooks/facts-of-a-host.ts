import { textOf } from '../../src/testing.ts'
import type { FakeHypervisor } from './fake-hypervisor.ts'

export const GIB = 1024 ** 3
const MIB = 1024 ** 2

/** Parameters that fit a fake hypervisor of 128 GiB, and the arguments that they mean. */
export const SMALL = { count1g: 8, count2m: 64 }
export const BLOCK = 'default_hugepagesz=1G hugepagesz=1G hugepages=8 hugepagesz=2M hugepages=64'

/** What a run leaves behind on a host, as the host itself counts it. */
export interface Trace {
  readonly dropIn: boolean
  readonly commandLine: string
  readonly pools: readonly string[]
  readonly mounts: readonly string[]
  readonly boots: number
  readonly updateGrub: number
  readonly restarts: number
}

/** The facts by which two ends of a run are compared. */
export function traceOf({ host, memory, state }: FakeHypervisor): Trace {
  const { changes, boots } = host.counters
  return {
    dropIn: textOf(host, '/etc/default/grub.d/99-runbook-hugepages.cfg') !== null,
    commandLine: state.commandLine.split(/\s+/).slice(3).join(' '),
    pools: [`1G ${memory.pool(GIB).join(' ')}`, `2M ${memory.pool(2 * MIB).join(' ')}`],
    mounts: state.mounts.map((mount) => mount.join(' ')).sort(),
    boots,
    updateGrub: changes.filter((change) => change === 'update-grub').length,
    restarts: changes.filter((change) => change === "systemctl restart 'libvirtd.service'").length,
  }
}
