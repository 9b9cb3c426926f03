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
