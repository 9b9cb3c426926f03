import type { HostSet } from '../../../src/rehearsal/hosts/host-set.ts'
import type { VmHost } from '../../../src/rehearsal/vm/vm-host.ts'
import type { VmModel } from '../../../src/rehearsal/vm/vm-model.ts'
import { upVms } from '../../../src/rehearsal/vm-hosts.ts'

export type Machines = HostSet<VmHost>

/** Brings up one virtual machine for each model. {@link HostSet.down} takes them down again. */
export const upMachines = (models: readonly VmModel[]): Promise<Machines> =>
  upVms({
    count: models.length,
    model: (index) => models[index] ?? {},
    say: (line) => process.stderr.write(`${line}\n`),
    mayInstall: async () => true,
  })

/** What shell text prints at the machine itself. */
export async function told(host: VmHost, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.inside(script)
  if (exitCode !== 0) throw new Error(`${host.name}: ${script}: ${stderr}`)
  return stdout.trimEnd()
}

/** What an operator would want to know of a host behind hugepages-1g, asked at the machine itself. */
export interface PageState {
  readonly commandLine: string
  /** Pages of 1 GiB, and of 2 MiB, on each node. */
  readonly giant: readonly number[]
  readonly small: readonly number[]
  /** Target and size of each mount. */
  readonly mounts: readonly string[]
  readonly boots: number
}

export async function pageStateOf(host: VmHost): Promise<PageState> {
  const pool = (size: string) =>
    `cat /sys/devices/system/node/node*/hugepages/hugepages-${size}kB/nr_hugepages 2>/dev/null`
  const text = await told(
    host,
    `cat /proc/cmdline; echo $(${pool('1048576')}); echo $(${pool('2048')}); findmnt -rn -t hugetlbfs -o TARGET,OPTIONS | sort`,
  )
  const [commandLine = '', giant = '', small = '', ...mounts] = text.split('\n')
  const numbers = (line: string) =>
    line
      .split(' ')
      .filter((word) => word !== '')
      .map(Number)
  return {
    commandLine,
    giant: numbers(giant),
    small: numbers(small),
    mounts: mounts.map((line) => line.replace(/ .*(pagesize=\w+).*/, ' $1')),
    boots: (await host.counted('boots')).length,
  }
}
