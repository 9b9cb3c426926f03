import type { GuardText } from '../../model/runbook.ts'

/** Guards of the runbooks that change network interfaces. */
export const NETWORK_TEXTS = {
  E_ETHTOOL_MISSING: {
    meaning: 'There is no ethtool, which reads and switches the features of interfaces.',
    remedy: 'Install it: apt-get install ethtool, or dnf install ethtool.',
    absolute: true,
  },
  E_IF_MISSING: {
    meaning: 'The host has not the interface, or none that matches.',
    remedy: 'Name one of those that the text lists.',
    absolute: true,
  },
  E_IF_VIRTUAL: {
    meaning: "The interface is the loopback, a guest's or a port of Open vSwitch: no network card.",
    remedy: 'Leave it out.',
  },
  E_SRIOV: {
    meaning: 'The interface is a virtual function that a guest may have.',
    remedy: 'Leave it out; switch the features of the card itself.',
  },
  E_FEATURE_UNKNOWN: {
    meaning: 'The interface knows no feature of this name.',
    remedy: 'See what it knows: ethtool -k INTERFACE.',
    absolute: true,
  },
  E_FEATURE_FIXED: {
    meaning: 'The driver has the feature otherwise and never changes it.',
    remedy: 'Leave it out for this interface, or set strictFixed=false.',
    absolute: true,
  },
  E_OFFLOAD_PARTIAL: {
    meaning: 'The kernel took the wish and does not do it: another feature forbids it. ethtool reports success then.',
    remedy: 'Wish what it depends on too: tso needs tx and sg.',
  },
  E_MGMT: {
    meaning: 'An interface over which the host is managed would be switched, and allowMgmt=false forbids that.',
    remedy: 'Set allowMgmt=true: the host puts it back by itself when it cannot be reached any more.',
  },
  E_PERSIST_UNKNOWN: {
    meaning: 'The wished way cannot bring the features back at the next boot.',
    remedy: 'Set persist=systemd-unit, or persist=none.',
    absolute: true,
  },
} as const satisfies Readonly<Record<string, GuardText>>
