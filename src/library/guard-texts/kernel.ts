import type { GuardText } from '../../model/runbook.ts'

/** Guards of the runbooks that tune memory and processors, beside those of huge pages. */
export const KERNEL_TEXTS = {
  E_NOT_AS_EXPECTED: {
    meaning: 'The host does not show what `expect` asks of it.',
    remedy: 'Find out who changed it, change it back by its runbook, or change what is expected.',
  },
  E_KERNEL_FILE_MISSING: {
    meaning: 'The running kernel has not the file of /proc or /sys that a parameter is about.',
    remedy: 'Leave the parameter out for this host, or boot a kernel that has it.',
    absolute: true,
  },
  E_TOO_SOON: {
    meaning: 'The caches of this host were dropped by this runbook less than minInterval ago.',
    remedy: 'Wait, or lower minInterval.',
  },
  E_SWAP_IN_USE: {
    meaning: 'More is swapped out than memory could take back.',
    remedy: 'Move guests away or stop what fills the memory; or wish swap=keep.',
  },
  E_MIN_FREE_TOO_LARGE: {
    meaning: 'The kernel would keep so much memory for itself that programs find none.',
    remedy: 'Wish at most a tenth of the memory.',
  },
  E_MIN_FREE_TOO_SMALL: {
    meaning: 'The kernel keeps more memory free by itself as long as it makes transparent huge pages.',
    remedy: 'Wish as much as it says, or leave minFree out.',
  },
  E_OVERCOMMIT: {
    meaning: 'Programs hold more promises of memory than the wished mode allows: none could get more.',
    remedy: 'Raise overcommitRatio, or leave overcommitMemory out.',
  },
  E_CPU_UNKNOWN: {
    meaning: 'A CPU is named that the host does not have, or that is offline.',
    remedy: 'Name CPUs of this host: hosts of different sizes have vars of their own.',
    absolute: true,
  },
  E_CPU_ZERO: {
    meaning: 'The core of CPU 0 is named; the kernel itself needs it.',
    remedy: 'Leave it to the host, with its other thread.',
    absolute: true,
  },
  E_SMT_SPLIT: {
    meaning: 'Some but not all threads of a core are named: the host would disturb the guest through the others.',
    remedy: 'Name all threads of a core or none.',
  },
  E_CPU_NODE: {
    meaning: 'Every CPU of a NUMA node is named: nothing of the host could run near its memory.',
    remedy: 'Leave at least one core of each node to the host.',
  },
  E_NOT_ISOLATED: {
    meaning: 'The host was booted with the arguments, but the kernel has isolated other CPUs or none.',
    remedy: 'dmesg | grep -iE "isolcpus|nohz|housekeeping"; the kernel may be built without NO_HZ_FULL.',
  },
  E_NO_CPUSETS: {
    meaning: 'systemd can confine units to CPUs only with the unified hierarchy of cgroups.',
    remedy: 'Boot with systemd.unified_cgroup_hierarchy=1, or wish method=isolcpus.',
    absolute: true,
  },
  E_NOVA_PIN_SET: {
    meaning: 'nova pins guests to other CPUs than are to be isolated, or by an option that stands in the way.',
    remedy: 'Let both say the same, or take vcpu_pin_set out of the configuration and wish nova=set.',
  },
  E_THP_UNSUPPORTED: {
    meaning: 'The kernel has no transparent huge pages.',
    remedy: 'Boot a kernel with CONFIG_TRANSPARENT_HUGEPAGE; RHEL 6 calls it redhat_transparent_hugepage.',
    absolute: true,
  },
  E_THP_VALUE: {
    meaning: 'The kernel does not know a wished word of transparent huge pages.',
    remedy: 'Wish one of the words that the text says it offers.',
    absolute: true,
  },
  E_TUNED_CONFLICT: {
    meaning: 'A profile of tuned sets, whenever tuned starts, something else than a runbook wishes or has set.',
    remedy: 'Choose another profile (tuned-adm profile NAME), or wish what it sets; for thp also persist=tuned.',
  },
  E_GOVERNOR: {
    meaning: 'The processors do not offer the wished governor, or do not have the one that the profile asks for.',
    remedy: 'Wish one that is offered; see cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_available_governors.',
  },
  E_TUNED_MISSING: {
    meaning: 'tuned is not installed.',
    remedy: 'Install it: apt-get install tuned, or dnf install tuned.',
    absolute: true,
  },
  E_TUNED_PROFILE: {
    meaning: 'tuned has no profile of this name.',
    remedy: 'Choose one of those that the text names, or install the package that brings it.',
    absolute: true,
  },
} as const satisfies Readonly<Record<string, GuardText>>
