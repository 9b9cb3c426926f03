import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'

/** Running guests with a disk whose writes go through the page cache of the host. */
export const writebackGuests = fact(
  sh`grep -lsE "cache=['\\"](writeback|writethrough|unsafe)['\\"]" /run/libvirt/qemu/*.xml`,
  ({ stdout }): readonly string[] => stdout.split('\n').flatMap((path) => /([^/]+)\.xml$/.exec(path)?.[1] ?? []),
)

/** Seconds since this product dropped the caches last; null where it has not since boot. */
export const lastDrop = fact(
  sh`if [ -r /run/runbook-drop-caches ]; then cat /run/runbook-drop-caches /proc/uptime; fi`,
  ({ stdout }): number | null => {
    const [then, now] = stdout.split('\n').map(Number.parseFloat)
    if (then === undefined || now === undefined || Number.isNaN(then) || Number.isNaN(now)) return null
    return Math.max(0, now - then)
  },
)
