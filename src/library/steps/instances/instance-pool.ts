import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { pagePools } from '../../facts/memory.ts'
import { systemdVersion } from '../../facts/system.ts'
import { PAGE_BYTES, type PageSize } from '../../formats/bytes.ts'
import type { PagePool } from '../../formats/page-pools.ts'
import { tmpfilesBody, tmpfilesPath } from '../kernel/tmpfiles.ts'
import { isOwned, notOurs, type OwnedFileFound, ownedText } from '../owned-file.ts'
import { onInstance } from './instance-steps.ts'
import {
  type Instance,
  type InstanceWish,
  instancesOf,
  pagesNeeded,
  poolTarget,
  stateOf,
  usablePages,
} from './instance-wish.ts'
import { poolFile } from './pool-files.ts'

/** The pool as found, and what it is to grow to. */
export type PoolFound = { readonly pages: number; readonly target: number }

/**
 * The pool has the pages that a guest needs. The file of this very size is written: vm.nr_hugepages would steer another
 * pool on a host whose default size is another. The kernel gives what it can and says nothing, so it is asked thrice.
 */
export function poolHasPages(instance: Instance, wish: InstanceWish): ChangeStep<PoolFound> {
  // Those before it that are off have not taken their pages yet, and will.
  const upTo = instancesOf(wish).filter(({ position }) => position <= instance.position)
  const check = (host: Probe): Promise<Check<PoolFound>> =>
    onInstance(host, instance, wish, async (state): Promise<Check<PoolFound>> => {
      const { pool, domain } = state
      if (pagesNeeded(state) === 0) return satisfied(`${domain.name} has its pages`)
      const states = await Promise.all(upTo.map(({ name }) => stateOf(host, name, wish.pageSize)))
      const need = states.reduce((sum, one) => sum + (one === null ? 0 : pagesNeeded(one)), 0)
      const target = poolTarget(pool, need, wish)
      const total = pool?.total ?? 0
      const free = usablePages(pool)
      if (target <= total && free >= need) return satisfied(`${free} pages are free for ${need}`)
      const names = upTo.map(({ name }) => name).join(', ')
      const change = `${total} to ${target} pages of ${wish.pageSize}: ${need} are still to be taken (${names}), ${free} are free`
      return needed(change, { pages: total, target })
    })
  return step<PoolFound>({
    id: `instance-${instance.position}-pool`,
    check,
    apply: (host, { target }) => host.run(growPool(wish.pageSize, target), { limit: '10m' }),
    async verify(host) {
      const after = await check(host)
      return after.state === 'needed'
        ? partial(wish, (await host.ask(pagePools)).get(PAGE_BYTES[wish.pageSize]), after.change)
        : after
    },
    // Pages that a guest still has become surplus and go when it ends.
    rollback: (host, { pages }) => host.run(sh`printf '%s\\n' ${pages} >${poolFile(wish.pageSize)}`),
  })
}

/** The pool has at least its present size at the next boot too. */
export const poolPersistent = (wish: InstanceWish, runbook: string): ChangeStep<OwnedFileFound> => {
  const path = tmpfilesPath('instance-pages')
  const file = poolFile(wish.pageSize)
  const wished = async (host: Probe) => {
    const [now, pools, systemd] = await Promise.all([host.read(path), host.ask(pagePools), host.ask(systemdVersion)])
    const written = Number(new RegExp(`^w-? ${file} - - - - (\\d+)$`, 'm').exec(now.text)?.[1] ?? 0)
    const pages = Math.max(written, pools.get(PAGE_BYTES[wish.pageSize])?.total ?? 0)
    return { now, text: ownedText(runbook, tmpfilesBody([{ path: file, value: String(pages) }], systemd)), pages }
  }
  return step<OwnedFileFound>({
    id: 'pool-persistent',
    async check(host) {
      const { now, text, pages } = await wished(host)
      if (now.text === text) return satisfied(`${path} gives ${pages} pages at boot`)
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

/** Between the rounds caches are dropped and memory is compacted, for pages need memory in one piece. */
const growPool = (size: PageSize, target: number) =>
  sh`f=${poolFile(size)}; i=0; while [ "$i" -lt 3 ]; do i=$((i + 1)); printf '%s\\n' ${target} >"$f" || exit 1; [ "$(cat "$f")" -ge ${target} ] && exit 0; sync; echo 3 >/proc/sys/vm/drop_caches; echo 1 >/proc/sys/vm/compact_memory; sleep 2; done; exit 0`

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
