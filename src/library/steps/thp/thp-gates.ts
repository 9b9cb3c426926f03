import { blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { type TransparentPages, transparentPages } from '../../facts/kernel/transparent-pages.ts'
import { tuned } from '../../facts/tuned/tuned.ts'
import type { ThpWish } from './thp-wish.ts'

/** Stops a host whose kernel has no transparent huge pages, or does not know a wished word. */
export const thpOffered = (wish: ThpWish): Gate =>
  gate({
    id: 'transparent-pages-offered',
    async check(host) {
      const pages = await host.ask(transparentPages)
      if (pages === null) {
        return blocked({
          code: 'E_THP_UNSUPPORTED',
          because: `the kernel of ${host.name} has no /sys/kernel/mm/transparent_hugepage`,
          remedy: 'Boot a kernel with CONFIG_TRANSPARENT_HUGEPAGE; RHEL 6 calls it redhat_transparent_hugepage.',
          absolute: true,
        })
      }
      const fault = wordFault(wish, pages)
      if (fault === null) return satisfied('the kernel offers every wished word')
      return blocked({
        code: 'E_THP_VALUE',
        because: `${host.name}: ${fault}`,
        remedy: 'Wish one of the words that the kernel offers.',
        absolute: true,
      })
    },
  })

/** Stops a host whose tuned sets other words: it would do so again whenever it starts. */
export const tunedLeavesThpAlone = ({ enabled, defrag }: ThpWish): Gate =>
  gate({
    id: 'tuned-leaves-transparent-pages-alone',
    async check(host) {
      const { installed, chosen, settings } = await host.ask(tuned)
      if (!installed || chosen.length === 0) return satisfied('no profile of tuned is chosen')
      const set = {
        enabled: settings.get('vm.transparent_hugepages') ?? settings.get('vm.transparent_hugepage'),
        defrag: settings.get('vm.transparent_hugepage.defrag'),
      }
      const wish = { enabled, defrag }
      const conflicts = (['enabled', 'defrag'] as const).filter((file) => (set[file] ?? wish[file]) !== wish[file])
      if (conflicts.length === 0) return satisfied(`tuned's ${chosen.join(' ')} sets nothing else`)
      const told = conflicts.map((file) => `${file}=${set[file]}`).join(' and ')
      return blocked({
        code: 'E_TUNED_CONFLICT',
        because: `tuned's profile ${chosen.join(' ')} on ${host.name} sets ${told}: it will be so again at every start of tuned`,
        remedy: 'Choose another profile (tuned-adm profile NAME), wish what it sets, or persist=tuned.',
      })
    },
  })

/** The first wished word that the kernel does not offer, with those that it does. */
export function wordFault(wish: ThpWish, pages: TransparentPages): string | null {
  const words = [
    ['enabled', wish.enabled, pages.enabled],
    ['defrag', wish.defrag, pages.defrag],
    ['shmem_enabled', wish.shmemEnabled, pages.shmem],
  ] as const
  const odd = words.find(([, word, choice]) => word !== undefined && !(choice?.offered ?? []).includes(word))
  if (!odd) return null
  const [file, word, choice] = odd
  return `transparent_hugepage/${file} takes no "${word}"; it offers ${choice?.offered.join(', ') ?? 'nothing'}`
}
