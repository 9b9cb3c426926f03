import { blocked, type Check, deferred, needed, satisfied } from '../../model/check.ts'
import { warning } from '../../model/note.ts'
import { type ChangeStep, type Gate, gate, step } from '../../model/step.ts'
import { freePages, libvirtService, qemuMounts } from '../facts/libvirt.ts'
import { commandLine } from '../facts/system.ts'
import { PAGE_BYTES, PAGE_SIZES, type PageSize } from '../formats/bytes.ts'
import { type HugepageWish, meansHugepages, totalPages } from '../formats/hugepage-arguments.ts'
import type { FreePages } from '../formats/virsh.ts'
import { type RestartFound, restart, serviceMissing, settleByRestart, stable, unitOf } from './restart-unit.ts'

/** Stops a host whose qemu.conf names other mounts: libvirt then looks at no others. */
export const qemuAllowsMounts = (paths: readonly string[]): Gate =>
  gate({
    id: 'qemu-allows-the-mounts',
    async check(host) {
      const allowed = await host.ask(qemuMounts)
      if (allowed === null) return satisfied('qemu.conf leaves it to libvirt to find the mounts')
      const missing = paths.filter((path) => !allowed.includes(path))
      if (missing.length === 0) return satisfied('hugetlbfs_mount of qemu.conf lists the mounts')
      return blocked({
        code: 'E_QEMU_CONF',
        because: `hugetlbfs_mount in /etc/libvirt/qemu.conf of ${host.name} lists ${allowed.join(', ') || 'nothing'}, but not ${missing.join(', ')}`,
        remedy: 'List them there, or remove the setting: libvirt then finds every mount by itself.',
      })
    },
  })

/** libvirt lists every wished page size on every node; it learns of them when it starts. */
export const libvirtSeesThePages = (wish: HugepageWish): ChangeStep<RestartFound> =>
  step<RestartFound>({
    id: 'libvirt-sees-the-pages',
    async check(host): Promise<Check<RestartFound>> {
      const [line, pages, unit] = await Promise.all([
        host.ask(commandLine),
        host.ask(freePages),
        unitOf(host, libvirtService),
      ])
      if (unit === null) return serviceMissing(host, libvirtService)
      if (!meansHugepages(line, wish)) return deferred('the reboot')
      const missing = missingSizes(wish, pages)
      if (missing.length === 0) return satisfied('libvirt lists every page size')
      return needed(`restart ${unit}: libvirt does not list pages of ${missing.join(', ')}`, { unit })
    },
    apply: (host, { unit }) => restart(host, unit),
    async verify(host, { unit }) {
      const up = await stable(host, unit)
      if (up.state !== 'satisfied') return up
      const missing = missingSizes(wish, await host.ask(freePages))
      if (missing.length === 0) return up
      return blocked({
        code: 'E_LIBVIRT_BLIND',
        because: `libvirt on ${host.name} does not list pages of ${missing.join(', ')} even after a restart`,
        remedy: 'Ask it: virsh -r freepages --all; findmnt -t hugetlbfs; journalctl -u ' + unit,
      })
    },
    settle: settleByRestart(libvirtService),
  })

/** Says whether libvirt lists the page sizes, and leaves its service alone. */
export const libvirtSeesThePagesOrSaysSo = (wish: HugepageWish): ChangeStep<RestartFound> => {
  const asked = libvirtSeesThePages(wish)
  return {
    ...asked,
    async check(host) {
      const answer = await asked.check(host)
      if (answer.state !== 'needed') return answer
      const note = warning('W_LIBVIRT_BLIND', `${answer.change}; libvirtRestart=false leaves that to you`)
      return satisfied('the service is left alone', { notes: [note] })
    },
  }
}

/** The wished sizes that libvirt does not list on every node. */
export function missingSizes({ counts }: HugepageWish, pages: FreePages | null): readonly PageSize[] {
  const wished = PAGE_SIZES.filter((size) => totalPages(counts[size]) > 0)
  if (pages === null || pages.size === 0) return wished
  return wished.filter((size) => [...pages.values()].some((node) => !node.has(PAGE_BYTES[size])))
}
