import type { GuardText } from '../../model/runbook.ts'

/** Guards of the runbooks that change what OpenStack's services on a host read. */
export const OPENSTACK_TEXTS = {
  E_CONFIG_NOT_FOUND: {
    meaning: 'None of the files is there that the service could read.',
    remedy: 'Name the file that the service reads in the parameters.',
    absolute: true,
  },
  E_CONFIG_INVALID: {
    meaning: 'A file of the service holds lines that it refuses. It was so before any edit, and it would not start.',
    remedy: 'Mend the lines that the text names.',
    absolute: true,
  },
  E_CACHEMODE_INVALID: {
    meaning:
      'A disk source or a cache mode that nova does not know. It would ignore it without an error, so it is no valid parameter.',
    remedy: 'Sources: file, block, network, mount. Modes: default, none, writethrough, writeback, directsync, unsafe.',
    absolute: true,
  },
  E_CACHEMODE_UNSAFE: {
    meaning: 'unsafe ignores the flushes of guests: a crash of the host destroys their file systems.',
    remedy: 'Wish writeback, or for disks that may be lost allowUnsafe=true.',
  },
  E_AIO_CONFLICT: {
    meaning:
      "nova's config.py is patched to io='native' for every disk. libvirt refuses that with a mode that goes through the page cache.",
    remedy: 'Wish none or directsync, or go back to the packaged file first.',
  },
  E_SHARED_STORAGE: {
    meaning:
      'The disks lie on a shared file system. libvirt migrates guests alive only if the modes bypass the page cache.',
    remedy: 'Wish file=none.',
  },
  E_NOVA_MISSING: {
    meaning: "nova's virt/libvirt/config.py is in none of the places where packages put it.",
    remedy: 'Install nova-compute, or name the file with configPy.',
    absolute: true,
  },
  E_NOVA_AMBIGUOUS: {
    meaning: 'There are several config.py of nova, and the service does not run to tell which one it imports.',
    remedy: 'Start nova-compute, or name the file with configPy.',
    absolute: true,
  },
  E_CONTAINERISED: {
    meaning: "nova's code is a part of a container image or a read-only snap: a change in it does not last.",
    remedy: 'Use method=preallocate.',
    absolute: true,
  },
  E_PATCH_UNNEEDED: {
    meaning:
      'This nova supports driver_io. A patch would bypass its fallback for cache modes that native I/O cannot have.',
    remedy: 'Use method=preallocate, or --override E_PATCH_UNNEEDED.',
  },
  E_PATCH_ANCHOR: {
    meaning: "nova's class of guest disks is not as known, so that the two lines have no certain place.",
    remedy: 'Use method=preallocate, or patch by hand.',
    absolute: true,
  },
  E_PATCH_BROKEN: {
    meaning: "With the patch the interpreter of the service would not compile nova's config.py.",
    remedy: 'Use method=preallocate, or patch by hand.',
    absolute: true,
  },
  E_PKG_OWNED: {
    meaning: 'A warning: the patched file belongs to a package, whose next upgrade takes the patch away.',
    remedy: 'Run verify after upgrades of the package.',
  },
  E_CACHE_CONFLICT: {
    meaning: 'A configured cache mode goes through the page cache. With the patch libvirt would refuse such a guest.',
    remedy: 'Change the modes first: runbook run disk-cachemodes.',
  },
  E_NO_O_DIRECT: {
    meaning: 'The file system of the instances refuses O_DIRECT: nova uses writeback and threads there.',
    remedy: 'Put the instances on ext4 or XFS.',
  },
  E_SPACE: {
    meaning: 'The file system has not enough room for what would be written.',
    remedy: 'Free some, or choose another place; the text has the numbers.',
  },
  E_SERVICE_COMPLAINS: {
    meaning: 'A service stays up after its restart, but its log says that it does not get along with its options.',
    remedy: 'journalctl -u UNIT -n 50, and its own log',
  },
  E_MTU_RANGE: {
    meaning:
      'The MTU is not between 576 and 9216. dnsmasq would take it without a complaint, so it is no valid parameter.',
    remedy: 'Wish 1400, or what the network carries.',
    absolute: true,
  },
  E_MTU_IPV6: {
    meaning: 'A network of the host uses IPv6, which needs an MTU of 1280.',
    remedy: 'Wish at least 1280.',
  },
  E_MTU_CONFLICT: {
    meaning: 'A warning: the file that dnsmasq reads gives an MTU elsewhere too, or the agent names another file.',
    remedy: 'Take the other lines out, or wish repoint=true.',
  },
  E_OVN: {
    meaning: 'Guests get their MTU from OVN, not from an agent on this host.',
    remedy: 'Set the MTU of the networks themselves: method=network.',
  },
  E_INI_MISSING: {
    meaning: 'The DHCP agent does not read its own file, or it is not there.',
    remedy: 'Name its file with dhcpAgentIni.',
    absolute: true,
  },
  E_DNSMASQ_REFUSES: {
    meaning: 'dnsmasq --test refuses the file as it would be written.',
    remedy: 'Mend the line that the text names.',
    absolute: true,
  },
  E_DHCP_NOT_RESYNCED: {
    meaning: 'After its restart the agent did not start a DHCP server with the file for each of its networks in time.',
    remedy: 'journalctl -u neutron-dhcp-agent -n 50, and /var/log/neutron',
  },
} as const satisfies Readonly<Record<string, GuardText>>
