import type { TestHost } from '../hosts/test-host.ts'
import { inside, type Snapshot } from './snapshot.ts'

/**
 * What runs and is set on a host beside its files, whatever a runbook may change of it: kernel settings, memory pools,
 * processors, mounts, swap, units, network cards, volumes, guests. What a host has no tool for is left out.
 */
export async function takeRunning(host: TestHost): Promise<Snapshot> {
  const text = await inside(host, QUESTIONS)
  return new Map(
    text.split('\n').flatMap((line): readonly [string, string][] => {
      const [name = '', value = ''] = line.split('\t')
      return name === '' || VOLATILE.test(name) ? [] : [[name, value]]
    }),
  )
}

/** What differs by itself: counts and clocks of the kernel, the sessions of whoever looks, triggers without a state. */
const VOLATILE = new RegExp(
  [
    '^sysctl (fs\\.(dentry-state|inode-|file-nr|aio-nr|quota)|kernel\\.(random\\.|ns_last_pid|pty\\.nr|perf_event_max))',
    '^sysctl (vm\\.(drop_caches|compact_memory|stat_refresh)|net\\.netfilter\\.nf_conntrack_(count|buckets))',
    // Worked out of the memory that this boot found, or of what happened in it.
    '^sysctl (kernel\\.(tainted|threads-max)|user\\.max_[a-z]+_namespaces|vm\\.user_reserve_kbytes)',
    '^thp .*/khugepaged/(pages_collapsed|full_scans|max_ptes)',
    // What a test host lays over the kernel's files of a guest's process.
    '^(mount /proc/[0-9]+/|unit proc-[0-9]+-)',
    '^(unit|unit-file|mount) .*(session-|user@|user-|run-user|/run/user|/run/credentials|systemd-(hostnamed|timedated|localed|machine-id-commit))',
  ].join('|'),
)

/** Prints `kind name`, a tab, and the value, a line each. */
const QUESTIONS = `
have() { command -v "$1" >/dev/null 2>&1; }
files() { # files KIND PATH...: the words of each file that can be read
  kind=$1; shift
  for f in "$@"; do [ -f "$f" ] && v=$(cat "$f" 2>/dev/null) && printf '%s %s\\t%s\\n' "$kind" "$f" "$(echo $v)"; done
}
# Where sockets start libvirt, asking it below would make it run: so it runs in every answer.
have virsh && virsh -r list >/dev/null 2>&1
{
files kernel /proc/cmdline
files pool /sys/kernel/mm/hugepages/*/nr_*hugepages* /sys/devices/system/node/node*/hugepages/*/nr_hugepages
files thp /sys/kernel/mm/transparent_hugepage/* /sys/kernel/mm/transparent_hugepage/khugepaged/* /sys/kernel/mm/ksm/run
files cpu /sys/devices/system/cpu/online /sys/devices/system/cpu/isolated /sys/devices/system/cpu/nohz_full
files cpu /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor /proc/irq/default_smp_affinity
have sysctl && sysctl -a 2>/dev/null | sed 's/^/sysctl /; s/\\t/ /g; s/ = /\\t/; s/ =$/\\t/'
findmnt -rno TARGET,FSTYPE,OPTIONS | sed -E 's/,(size=[0-9]+k|nr_inodes=[0-9]+)//g; s/^/mount /; s/ /\\t/2'
tail -n +2 /proc/swaps | awk '{ print "swap " $1 "\\t" $2 " " $5 }'
systemctl list-units --state=active,activating,failed --plain --no-legend |
  awk '$1 !~ /\\.(device|target|scope)$/ { print "unit " $1 "\\t" $3 " " $4 }'
# What is enabled for good stands in /etc, among the files.
find /run/systemd/system -mindepth 1 -printf 'unit-file %p\\t%y %l\\n' 2>/dev/null
systemctl show -p Id -p AllowedCPUs init.scope system.slice user.slice machine.slice 2>/dev/null |
  awk -F= '$1 == "Id" { id = $2 } $1 == "AllowedCPUs" { cpus = $2 } $0 == "" { print "cpus of " id "\\t" cpus; cpus = "" }
    END { print "cpus of " id "\\t" cpus }'
for card in /sys/class/net/*; do
  card=\${card##*/}
  printf 'link %s\\tmtu %s\\n' "$card" "$(cat "/sys/class/net/$card/mtu")"
  have ethtool && ethtool -k "$card" 2>/dev/null |
    awk -v card="$card" 'NR > 1 { sub(/^[ \\t]+/, ""); sub(/: /, "\\t"); print "offload " card " " $0 }'
done
have tuned-adm && printf 'tuned\\t%s\\n' "$(tuned-adm active 2>/dev/null)"
have vgs && vgs --noheadings -o vg_name,vg_size,vg_free 2>/dev/null | awk '{ print "group " $1 "\\t" $2 " " $3 }'
have lvs && lvs --noheadings -o vg_name,lv_name,lv_size 2>/dev/null | awk '{ print "volume " $1 "/" $2 "\\t" $3 }'
have virsh && virsh list --all --name 2>/dev/null | while read -r guest; do
  [ -n "$guest" ] || continue
  printf 'guest %s\\t%s\\n' "$guest" "$(echo $(virsh domstate "$guest" 2>&1))"
  printf 'guest-xml %s\\t%s\\n' "$guest" "$(virsh dumpxml --inactive "$guest" 2>&1 | sha256sum)"
done
} </dev/null
true
`
