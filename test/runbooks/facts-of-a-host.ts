import hugepages from '../../runbooks/hugepages-1g.ts'
import { planOn, textOf } from '../../src/testing.ts'
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

export const DROP_IN = '/etc/default/grub.d/99-runbook-hugepages.cfg'

/** What a whole run on a fresh host leaves behind. */
export const WHOLE: Trace = {
  dropIn: true,
  commandLine: `console=ttyS0 quiet ${BLOCK}`,
  pools: ['1G 4 4', '2M 32 32'],
  mounts: ['/dev/hugepages1G pagesize=1024M', '/dev/hugepages2M pagesize=2M'],
  boots: 1,
  updateGrub: 1,
  restarts: 1,
}

/** The facts by which two ends of a run are compared. */
export function traceOf({ host, memory, state }: FakeHypervisor): Trace {
  const { changes, boots } = host.counters
  return {
    dropIn: textOf(host, DROP_IN) !== null,
    commandLine: state.commandLine.split(/\s+/).slice(3).join(' '),
    pools: [`1G ${memory.pool(GIB).join(' ')}`, `2M ${memory.pool(2 * MIB).join(' ')}`],
    mounts: state.mounts.map((mount) => mount.join(' ')).sort(),
    boots,
    updateGrub: changes.filter((change) => change === 'update-grub').length,
    restarts: changes.filter((change) => change === "systemctl restart 'libvirtd.service'").length,
  }
}

/** What a host's plan refuses, and that nothing was changed. */
export async function refusal({ host }: FakeHypervisor, params: object = SMALL) {
  const [plan] = await planOn(hugepages, params, [host])
  const { state, code, text, remedy } = plan ?? {}
  return { state, code, text, remedy, changes: host.counters.changes }
}

/** The one line that a plan says of each step. */
export async function planText(
  { host }: FakeHypervisor,
  params: object = SMALL,
): Promise<readonly string[] | undefined> {
  const [plan] = await planOn(hugepages, params, [host])
  return plan?.steps.map(({ state, step, text }) => `${state} ${step}: ${text}`)
}
