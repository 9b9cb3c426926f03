import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { pagePools } from '../../facts/memory.ts'
import { PAGE_BYTES, type PageSize } from '../../formats/bytes.ts'
import type { PagePool } from '../../formats/page-pools.ts'
import { onInstance } from './instance-steps.ts'
import { type Instance, type InstanceWish, instancesOf, needOf, statesOf } from './instance-wish.ts'
import { nodePoolFile, poolFile } from './pool-files.ts'
import { type PoolTarget, poolTarget, sum } from './pool-target.ts'

/** Pages of a pool, as found and as they shall be: by the files that steer it. */
export type PoolFound = { readonly files: readonly PoolPart[] }
type PoolPart = { readonly path: string; readonly pages: number; readonly target: number }

/**
 * The pool has the pages that a guest needs, on the nodes that it is bound to. The kernel gives what it can and says
 * nothing, so it is asked thrice.
 */
export function poolHasPages(instance: Instance, wish: InstanceWish): ChangeStep<PoolFound> {
  // Those before it that are off have not taken their pages yet, and will.
  const upTo = instancesOf(wish).filter(({ position }) => position <= instance.position)
  const names = upTo.map(({ name }) => name)
  const check = (host: Probe): Promise<Check<PoolFound>> =>
    onInstance(host, instance, wish, async (state): Promise<Check<PoolFound>> => {
      const { pool, domain } = state
      if (needOf(state).pages === 0) return satisfied(`${domain.name} has its pages`)
      const needs = (await statesOf(host, names, wish.pageSize)).map(needOf)
      const need = needs.reduce((all, { pages }) => all + pages, 0)
      const target = poolTarget(pool, needs, wish)
      const free = (pool?.free ?? 0) - (pool?.reserved ?? 0)
      if (sum(target.more) === 0 && target.suffices) return satisfied(`${free} pages are free for ${need}`)
      const files = partsOf(wish.pageSize, pool, target)
      const change = `${inWords(files, wish.pageSize)}: ${need} are still to be taken (${names.join(', ')}), ${free} are free`
      return needed(change, { files })
    })
  return step<PoolFound>({
    id: `instance-${instance.position}-pool`,
    check,
    apply: (host, { files }) => host.run(growPool(files), { limit: '10m' }),
    async verify(host) {
      const after = await check(host)
      return after.state === 'needed'
        ? partial(wish, (await host.ask(pagePools)).get(PAGE_BYTES[wish.pageSize]), after.change)
        : after
    },
    // Pages that a guest still has become surplus and go when it ends.
    rollback: (host, { files }) =>
      host.run(
        sh`for w in ${files.map(({ path, pages }) => `${path}=${pages}`)}; do printf '%s\\n' "\${w#*=}" >"\${w%=*}" || exit 1; done`,
      ),
  })
}

function partsOf(size: PageSize, pool: PagePool | null, { more, byNode }: PoolTarget): readonly PoolPart[] {
  const total = pool?.total ?? 0
  if (!byNode) return [{ path: poolFile(size), pages: total, target: total + sum(more) }]
  return [...more].map(([node, pages]) => {
    const now = pool?.perNode.get(node)?.total ?? 0
    return { path: nodePoolFile(size, node), pages: now, target: now + pages }
  })
}

function inWords(files: readonly PoolPart[], size: PageSize): string {
  const parts = files.map(({ path, pages, target }) => {
    const node = /\/node(\d+)\//.exec(path)?.[1]
    return `${pages} to ${target} pages of ${size}${node === undefined ? '' : ` on node ${node}`}`
  })
  return parts.join(', ') || `no more pages of ${size}`
}

/** Between the rounds caches are dropped and memory is compacted, for pages need memory in one piece. */
const growPool = (files: readonly PoolPart[]) =>
  sh`i=0; while [ "$i" -lt 3 ]; do i=$((i + 1)); r=0; for w in ${files.map(({ path, target }) => `${path}=${target}`)}; do f=\${w%=*} n=\${w#*=}; printf '%s\\n' "$n" >"$f" || exit 1; [ "$(cat "$f")" -ge "$n" ] || r=1; done; [ "$r" = 0 ] && exit 0; sync; echo 3 >/proc/sys/vm/drop_caches; echo 1 >/proc/sys/vm/compact_memory; sleep 2; done; exit 0`

function partial({ pageSize }: InstanceWish, pool: PagePool | undefined, change: string) {
  const nodes = [...(pool?.perNode ?? [])].map(
    ([node, { total, free }]) => `node${node} ${total}, ${free} of them free`,
  )
  return blocked({
    code: 'E_PARTIAL',
    because: `the kernel gave fewer pages of ${pageSize} than asked, three times (${change}); it has ${nodes.join('; ') || 'none'}`,
    remedy: 'Memory is not contiguous or not present: reserve the pages at boot with hugepages-1g, or free memory.',
  })
}
