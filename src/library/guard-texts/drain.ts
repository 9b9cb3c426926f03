import type { GuardText } from '../../model/runbook.ts'

/** Guards of what keeps a host's guests from leaving it, and nova from placing more. */
export const DRAIN_TEXTS = {
  E_GUESTS_RUNNING: {
    meaning: 'Guests run on a host that is to be rebooted.',
    remedy: 'Move them away: openstack server migrate --live, or nova host-evacuate-live; or wish drain=migrate.',
  },
  E_GUESTS_UNKNOWN: {
    meaning: 'libvirt does not say which guests run on a host that is to be rebooted.',
    remedy: 'Start libvirt, or make sure by hand that no guest runs.',
  },
  E_GUESTS_STAY: {
    meaning: 'A guest cannot be moved away: nova refuses it, gave its migration up, or moves none in its state.',
    remedy:
      'Move it by hand or stop it, then resume; or wish coldMigration=true or drain=stop-guests. The compute service stays disabled until then; rollback gives the host back.',
  },
  E_GUESTS_FOREIGN: {
    meaning: 'Guests run on the host that nova does not know there, so it cannot move them.',
    remedy: 'Move or stop them by hand; one that is just arriving is known after a while.',
  },
  E_DRAIN_TIMED_OUT: {
    meaning: 'Guests were still on the host when drainTimeout had passed.',
    remedy: 'See what holds them: openstack server show NAME. Then resume: it goes on with those that are left.',
  },
  E_NOVA_ENABLED: {
    meaning:
      'A warning: nova-compute runs and no cloud is named, so the scheduler may place guests on the host while it reboots.',
    remedy: 'Name the cloud (cloud=NAME), or openstack compute service set --disable HOST nova-compute',
  },
  E_COMPUTE_UNKNOWN: {
    meaning: 'nova has no compute service under a name of this host.',
    remedy: 'Name the host as nova does: computeHost in the vars of the inventory. See openstack compute service list.',
  },
  E_COMPUTE_DOWN: {
    meaning: 'nova-compute of the host does not answer nova, so that no guest can leave it.',
    remedy: 'Start it, or wish drain=stop-guests.',
  },
  E_COMPUTE_NOT_SET: {
    meaning: 'nova took a change of a compute service without an error, and still shows it as before.',
    remedy: 'See who changes it: openstack compute service list --long',
  },
} as const satisfies Readonly<Record<string, GuardText>>
