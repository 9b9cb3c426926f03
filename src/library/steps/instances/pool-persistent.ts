import { needed, satisfied } from '../../../model/check.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { pagePools } from '../../facts/memory.ts'
import { systemdVersion } from '../../facts/system.ts'
import { PAGE_BYTES } from '../../formats/bytes.ts'
import { tmpfilesBody, tmpfilesPath } from '../kernel/tmpfiles.ts'
import { isOwned, notOurs, type OwnedFileFound, ownedText } from '../owned-file.ts'
import { type InstanceWish, needOf, statesOf } from './instance-wish.ts'
import { nodePoolFile, poolFile } from './pool-files.ts'
import { poolTarget } from './pool-target.ts'

/** The pool has at least its present size at the next boot too, node by node where guests are bound to nodes. */
export const poolPersistent = (wish: InstanceWish, runbook: string): ChangeStep<OwnedFileFound> => {
  const path = tmpfilesPath('instance-pages')
  const wished = async (host: Probe) => {
    const [now, pools, systemd, states] = await Promise.all([
      host.read(path),
      host.ask(pagePools),
      host.ask(systemdVersion),
      statesOf(host, wish.instances, wish.pageSize),
    ])
    const pool = pools.get(PAGE_BYTES[wish.pageSize]) ?? null
    const { byNode } = poolTarget(pool, states.map(needOf), wish)
    const parts = byNode
      ? [...(pool?.perNode ?? [])].map(([node, { total }]) => ({ path: nodePoolFile(wish.pageSize, node), total }))
      : [{ path: poolFile(wish.pageSize), total: pool?.total ?? 0 }]
    const values = parts.map((part) => ({
      path: part.path,
      value: String(Math.max(written(now.text, part.path), part.total)),
    }))
    return { now, text: ownedText(runbook, tmpfilesBody(values, systemd)) }
  }
  return step<OwnedFileFound>({
    id: 'pool-persistent',
    async check(host) {
      const { now, text } = await wished(host)
      if (now.text === text) return satisfied(`${path} gives as many pages at boot`)
      if (now.state === 'present' && !isOwned(now.text, runbook)) return notOurs(path, runbook)
      return needed(
        `write ${path}: as many pages at boot as the pool has then`,
        { before: now.fingerprint },
        { diff: [now.text, text] },
      )
    },
    async apply(host, { before }) {
      await host.write(path, (await wished(host)).text, { replacing: before })
    },
    rollback: (host, { before }) => host.restore(path, before),
  })
}

/** What a line of the file gives already. */
const written = (text: string, path: string): number =>
  Number(new RegExp(`^w-? ${path} - - - - (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
