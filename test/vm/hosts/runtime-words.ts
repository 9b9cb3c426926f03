import type { Machine } from './one-machine.ts'

const CARDS = 'enp0s3 enp0s4 enp0s5'

/** What the kernel of a machine, udev and LVM say of everything that can be set while it runs. */
export function runtimeWords({ lines }: Pick<Machine, 'lines'>) {
  return {
    /** Of transparent pages. */
    words: () => lines(`cd ${THP} && cat enabled defrag shmem_enabled khugepaged/defrag`),
    /** Of memory that is to be freed; then swaps with their priorities. */
    reclaim: () =>
      lines(
        "cd /proc/sys/vm && cat swappiness zone_reclaim_mode min_free_kbytes /sys/module/zswap/parameters/enabled; tail -n +2 /proc/swaps | awk '{ print $1, $5 }'",
      ),
    /** `enp0s3 generic-segmentation-offload: on`. What is merely asked of a feature that lacks another is left out. */
    offloads: () =>
      lines(
        `for n in ${CARDS}; do ethtool -k $n | sed -nE "s/ \\[requested o(n|ff)\\]//; s/^\\t?((tcp|generic|large|tx-tcp).*: o)/$n \\1/p"; done`,
      ),
    /** The .link file that counts for each card. */
    linkFiles: () =>
      lines(
        `for n in ${CARDS}; do udevadm info -q property -p /sys/class/net/$n | sed -n 's/^ID_NET_LINK_FILE=//p'; done`,
      ),
    /** Groups with the number of their volumes, and physical volumes. */
    groups: async () => {
      const said = await lines('vgs --noheadings -o vg_name,lv_count; pvs --noheadings -o pv_name')
      return said.map((line) => line.trim()).filter((line) => line !== '')
    },
    /** The kernel's own words of static pages: of those of the default size alone, but the memory of all. */
    summary: () => lines("awk '/^Huge/ { print $1, $2 }' /proc/meminfo"),
    cpus: () =>
      lines(
        'cat /sys/devices/system/cpu/isolated /sys/devices/system/cpu/nohz_full; grep ^Cpus_allowed_list /proc/1/status',
      ),
  }
}

export const THP = '/sys/kernel/mm/transparent_hugepage'

/** Of transparent pages, as Debian's kernel begins. */
export const DEFAULT_WORDS = [
  '[always] madvise never',
  'always defer defer+madvise [madvise] never',
  'always within_size advise [never] deny force',
  '1',
]
export const WISHED_WORDS = [
  'always [madvise] never',
  'always defer [defer+madvise] madvise never',
  'always within_size [advise] never deny force',
  '0',
]
export const WISHED_RECLAIM = ['1', '0', '131072', 'N']
export const LINKS = CARDS.split(' ').map((name) => `/etc/systemd/network/10-runbook-${name}.link`)
