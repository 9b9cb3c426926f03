import { UsageError } from '../../model/errors.ts'
import type { Host } from '../../model/inventory.ts'
import type { Probe } from '../../model/probe.ts'
import { type Looked, lookAtHosts } from '../../runtime/look-at-hosts.ts'
import { checkSecrets } from '../conduct/check-secrets.ts'
import { chooseInventory } from '../conduct/choose-hosts.ts'
import { findProject } from '../project/find-project.ts'
import { reachHosts } from '../reaching/reach-hosts.ts'
import type { Call } from '../verb.ts'
import { openDesk } from '../wiring.ts'

/** What looking at hosts came to. */
export interface LookedAt<Value> {
  readonly hosts: readonly Host[]
  readonly looked: readonly Looked<Value>[]
}

/** Looks at the hosts of a pattern; nothing is remembered, neither there nor here. Throws UsageError, Interrupted. */
export async function lookAt<Value>(
  { operator, options }: Pick<Call, 'operator' | 'options'>,
  pattern: string,
  look: (probe: Probe) => Promise<Value>,
): Promise<LookedAt<Value>> {
  const inventory = await chooseInventory(options, await findProject(operator.folder))
  const hosts = await reachHosts(inventory, pattern, options, operator)
  if (hosts.length === 0) throw new UsageError(`"${pattern}" names no host`)
  const desk = await openDesk({ operator, options, journal: 'memory' })
  const ears = desk.operator.hearSignals({ tell: () => {}, farewell: 'Leaving; nothing was changed.' })
  try {
    await checkSecrets(desk, hosts)
    const parts = { ports: desk.ports, hosts, signal: ears.drain, concurrency: desk.width.concurrency }
    return { hosts, looked: await lookAtHosts(parts, look) }
  } finally {
    ears.release()
    await desk.close()
  }
}
