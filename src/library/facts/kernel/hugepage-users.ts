import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'
import { type PoolSetting, readPoolSettings } from '../../formats/kernel/pool-settings.ts'

/** Lines of configuration, beside the kernel command line, that set pools of static huge pages at boot. */
export const poolSettings = fact(
  sh`grep -HsE '^[^#;]*nr_(overcommit_)?hugepages' /etc/sysctl.conf /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf /etc/tmpfiles.d/*.conf /run/tmpfiles.d/*.conf /usr/lib/tmpfiles.d/*.conf /etc/rc.local /etc/rc.d/rc.local`,
  ({ stdout }): readonly PoolSetting[] => readPoolSettings(stdout),
)

/** Names of the guests that are backed by static huge pages, running or only defined. */
export const hugepageGuests = fact(
  sh`grep -lsE '<hugepages[ />]' /run/libvirt/qemu/*.xml /etc/libvirt/qemu/*.xml`,
  ({ stdout }): readonly string[] => {
    const names = stdout.split('\n').flatMap((path) => /([^/]+)\.xml$/.exec(path)?.[1] ?? [])
    return [...new Set(names)].sort()
  },
)

/** How often the kernel gave, or could not give, large pages since boot, by the names of /proc/vmstat. */
export const pageCounters = fact(
  sh`grep -E '^(thp_fault_alloc|thp_fault_fallback|thp_collapse_alloc|compact_fail|compact_success|htlb_buddy_alloc_fail) ' /proc/vmstat`,
  ({ stdout }): Readonly<Record<string, number>> =>
    Object.fromEntries([...stdout.matchAll(/^(\w+) (\d+)$/gm)].map(([, name = '', count]) => [name, Number(count)])),
)
