import { type Check, deferred, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { CommandFailed } from '../../../model/errors.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { physicalVolumes, scansVolumes, volumeGroup, volumesOf } from '../../facts/storage/lvm.ts'
import { hidesGroup, withGroupHidden } from '../../formats/storage/lvm-filter.ts'
import type { GroupWish } from './volume-group-gates.ts'

const LVM_CONF = '/etc/lvm/lvm.conf'

/** The devices that were made physical volumes. */
export type DevicesFound = { readonly devices: readonly string[] }

/**
 * The devices are physical volumes of LVM. Before it wipes a signature, pvcreate asks, and nobody answers: so it refuses
 * a device on which somebody has put something since the check. With -y it would wipe it (lvm2 2.03.16).
 */
export const devicesPrepared = (wish: GroupWish): ChangeStep<DevicesFound> =>
  step<DevicesFound>({
    id: 'devices-prepared',
    async check(host): Promise<Check<DevicesFound>> {
      const [{ group }, members] = await Promise.all([
        host.ask(volumeGroup(wish.name)),
        host.ask(physicalVolumes(wish.devices)),
      ])
      const devices = wish.devices.filter((device) => !members.has(device))
      if (group !== null) return satisfied(`${wish.name} is there`)
      if (devices.length === 0) return satisfied(`${wish.devices.join(', ')} are physical volumes`)
      return needed(`pvcreate ${devices.join(' ')}`, { devices })
    },
    apply: (host, { devices }) => host.run(sh`pvcreate -- ${devices}`),
    rollback: (host, { devices }) =>
      host.run(sh`for d in ${devices}; do if pvs -- "$d" >/dev/null 2>&1; then pvremove -- "$d" || exit; fi; done`),
  })

/**
 * The group is there. One that this run made goes with a rollback, unless it holds volumes by then: vgremove asks before it
 * removes those, and nobody answers. With -y it would remove them (lvm2 2.03.16).
 */
export const groupMade = (wish: GroupWish): ChangeStep<null> =>
  step<null>({
    id: 'volume-group-made',
    async check(host) {
      const { group } = await host.ask(volumeGroup(wish.name))
      if (group !== null) return satisfied(`${wish.name} is there`)
      return needed(`vgcreate ${wish.name} ${wish.devices.join(' ')}`, null)
    },
    apply: (host) => host.run(sh`vgcreate -- ${wish.name} ${wish.devices}`),
    async rollback(host) {
      const { group } = await host.ask(volumeGroup(wish.name))
      if (group === null) return
      if (group.logicalVolumes > 0) throw volumesPresent(wish.name, await host.ask(volumesOf(wish.name)))
      await host.run(sh`vgremove -- ${wish.name}`)
    },
  })

/** LVM on the host does not look for disks of its own inside the disks of guests. */
export const guestVolumesIgnored = (group: string): ChangeStep<{ readonly before: string }> =>
  step<{ readonly before: string }>({
    id: 'guest-volumes-ignored',
    async check(host): Promise<Check<{ readonly before: string }>> {
      const [scans, file] = await Promise.all([host.ask(scansVolumes), host.read(LVM_CONF)])
      if (scans === null) return deferred('the installation of lvm2')
      if (!scans) return satisfied('LVM looks for no disks inside volumes')
      if (hidesGroup(file.text, group)) return satisfied(`${LVM_CONF} refuses /dev/${group}`)
      const diff = [file.text, withGroupHidden(file.text, group)] as const
      return needed(`have ${LVM_CONF} refuse /dev/${group}`, { before: file.fingerprint }, { diff })
    },
    async apply(host, { before }) {
      const { text } = await host.read(LVM_CONF)
      await host.write(LVM_CONF, withGroupHidden(text, group), { replacing: before })
    },
    rollback: (host, { before }) => host.restore(LVM_CONF, before),
  })

/** What forbids to take a group of volumes away, or to take instances off it. */
export const volumesPresent = (group: string, volumes: readonly string[]): CommandFailed =>
  new CommandFailed(`${group} holds ${volumes.length} volumes: ${volumes.join(', ')}`, {
    code: 'E_LVS_PRESENT',
    exitCode: null,
    tail: '',
    remedy: 'Move the instances away or delete them, then roll back again.',
  })
