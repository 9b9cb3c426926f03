import { blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { type Command, sh } from '../../../model/command.ts'
import type { Note } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, type Gate, gate, step } from '../../../model/step.ts'
import { type SwapUnit, swaps, swapUnits } from '../../facts/kernel/swap.ts'
import { memory } from '../../facts/memory.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import { managingTool } from '../../formats/ini/managing-tool.ts'
import { OUT, type Swap, swapLines, withoutSwapLines } from '../../formats/kernel/swaps.ts'
import { driftNotes, withoutDrift } from '../kernel/drift.ts'

const FSTAB = '/etc/fstab'

/** Stops a host whose memory could not take back what is swapped out. `reserve` bytes stay free beside it. */
export const swapFitsMemory = (reserve: number): Gate =>
  gate({
    id: 'used-swap-fits-memory',
    async check(host) {
      const [all, { available }] = await Promise.all([host.ask(swaps), host.ask(memory)])
      const used = all.reduce((sum, { usedBytes }) => sum + usedBytes, 0)
      const room = (available ?? 0) - reserve
      if (used === 0 || used <= room) return satisfied(`${bytesInWords(used)} of swap are in use`)
      return blocked({
        code: 'E_SWAP_IN_USE',
        because: `${host.name} has ${bytesInWords(used)} swapped out and ${bytesInWords(available ?? 0)} of memory available, of which ${bytesInWords(reserve)} stay free`,
        remedy: 'Move guests away or stop what fills the memory, then try again; or wish swap=keep.',
      })
    },
  })

/** Stops a host on which another tool owns fstab and would put the swap back. */
export const fstabIsUnmanaged: Gate = gate({
  id: 'fstab-is-unmanaged',
  async check(host) {
    const { text } = await host.read(FSTAB)
    const tool = swapLines(text).length === 0 ? null : managingTool(text)
    if (tool === null) return satisfied('no other tool owns fstab')
    return blocked({
      code: 'E_CONFIG_MANAGED',
      because: `${FSTAB} is managed by ${tool}; changes will be reverted by it`,
      remedy: 'Take the swap out of it there, or use --override E_CONFIG_MANAGED.',
    })
  },
})

type FstabFound = { readonly before: string }

/** fstab switches no swap on: its lines become comments. */
export const fstabWithoutSwap: ChangeStep<FstabFound> = step<FstabFound>({
  id: 'fstab-without-swap',
  check: checkFstab,
  async apply(host, { before }) {
    const { text } = await host.read(FSTAB)
    await host.write(FSTAB, withoutSwapLines(text), { replacing: before })
  },
  verify: async (host) => withoutDrift(await checkFstab(host)),
  rollback: (host, { before }) => host.restore(FSTAB, before),
})

async function checkFstab(host: Probe): Promise<Check<FstabFound>> {
  const [file, notes] = await Promise.all([host.read(FSTAB), drift(host)])
  const lines = swapLines(file.text)
  if (lines.length === 0) return satisfied('fstab names no swap', { notes })
  const change = `make comments of line ${lines.map(({ line }) => line).join(', ')} of ${FSTAB}`
  const text = (mark: string) => lines.map((one) => `${mark}${one.text}\n`).join('')
  return needed(change, { before: file.fingerprint }, { diff: [text(''), text(OUT)], notes })
}

/** A swap that is off comes back by fstab or a unit; one that somebody switched on by hand goes. */
async function drift(host: Probe): Promise<readonly Note[]> {
  const [all, fstab, units] = await Promise.all([host.ask(swaps), host.read(FSTAB), host.ask(swapUnits)])
  const atBoot = swapLines(fstab.text).length === 0 && units.length === 0
  return driftNotes({ now: all.length === 0, atBoot }, 'that nothing is swapped to')
}

type UnitsFound = { readonly units: readonly SwapUnit[] }

/** No unit switches a swap on: neither one for a partition of swap that systemd finds, nor zram's. */
export const swapUnitsMasked: ChangeStep<UnitsFound> = step<UnitsFound>({
  id: 'swap-units-masked',
  async check(host): Promise<Check<UnitsFound>> {
    const units = await host.ask(swapUnits)
    if (units.length === 0) return satisfied('no unit switches a swap on')
    return needed(`keep ${units.map(({ unit }) => unit).join(', ')} from starting`, { units })
  },
  apply: (host, { units }) => host.run(forUnits(units, { own: 'disable', others: 'mask' })),
  rollback: (host, { units }) => host.run(forUnits(units, { own: 'enable', others: 'unmask' })),
})

type SwapsFound = { readonly swaps: readonly Pick<Swap, 'path' | 'priority'>[] }

/** Nothing is swapped to. What was swapped out is read back, which takes its time. */
export const swapOff: ChangeStep<SwapsFound> = step<SwapsFound>({
  id: 'swap-off',
  async check(host): Promise<Check<SwapsFound>> {
    const all = await host.ask(swaps)
    if (all.length === 0) return satisfied('nothing is swapped to')
    const named = all.map(({ path, usedBytes }) => `${path} (${bytesInWords(usedBytes)} in use)`)
    return needed(`switch off ${named.join(', ')}`, { swaps: all.map(({ path, priority }) => ({ path, priority })) })
  },
  apply: (host, found) => host.run(sh`swapoff ${found.swaps.map(({ path }) => path)}`, { limit: '1h' }),
  rollback: (host, found) => host.run(swapsOn(found.swaps)),
})

/** Switches swaps on in the order in which they were, with the priorities that somebody gave them. */
function swapsOn(found: SwapsFound['swaps']): Command {
  const one = ({ path, priority }: SwapsFound['swaps'][number]) => {
    const on = priority < 0 ? sh`swapon ${path}` : sh`swapon -p ${priority} ${path}`
    return sh`swapon --show=NAME --noheadings | grep -q -x -F -e ${path} || ${on} || r=1;`
  }
  return sh`r=0; ${found.reduce((all, swap) => sh`${all} ${one(swap)}`, sh``)} exit "$r"`
}

function forUnits(units: readonly SwapUnit[], verbs: { readonly own: string; readonly others: string }): Command {
  const call = (verb: string, own: boolean) => {
    const names = units.filter(({ ownFile }) => ownFile === own).map(({ unit }) => unit)
    return names.length === 0 ? sh`` : sh`systemctl ${verb} ${names} &&`
  }
  return sh`systemctl daemon-reload && ${call(verbs.own, true)} ${call(verbs.others, false)} systemctl daemon-reload`
}
