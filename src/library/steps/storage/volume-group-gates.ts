import { type BlockedCheck, blocked, satisfied } from '../../../model/check.ts'
import { type Note, warning } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { deviceUse, nameIsDevice, physicalVolumes, rootGroup, volumeGroup } from '../../facts/storage/lvm.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import type { DeviceUse, VolumeGroup } from '../../formats/storage/volume-groups.ts'

/** A group of volumes that instances are to use, and the devices that it may be made of. */
export interface GroupWish {
  readonly name: string
  /** Empty: the group must be there. */
  readonly devices: readonly string[]
  /** May the group be made where it is missing? */
  readonly create: boolean
  readonly minFreeBytes: number
}

export interface GroupGateParts {
  /** Is the group in use for instances already? Little room is then a warning. */
  readonly inUse: (host: Probe) => Promise<boolean>
}

/** Stops a host whose group of volumes is missing, broken, shared, full, or the one that it boots from. */
export const groupIsUsable = (wish: GroupWish, { inUse }: GroupGateParts): Gate =>
  gate({
    id: 'volume-group-is-usable',
    async check(host) {
      const [{ group, duplicates }, root, taken, used] = await Promise.all([
        host.ask(volumeGroup(wish.name)),
        host.ask(rootGroup),
        host.ask(nameIsDevice(wish.name)),
        inUse(host),
      ])
      if (duplicates) return duplicatePaths(host.name)
      if (group === null)
        return (wish.create ? nameTaken(wish.name, taken) : groupMissing(host.name, wish.name)) ?? made(wish)
      const refusal = groupFault(host.name, group, { root, wish, used })
      if (refusal) return refusal
      const short = group.freeBytes < wish.minFreeBytes
      const notes: readonly Note[] = short ? [warning('E_VG_LOW_SPACE', lowSpace(group, wish))] : []
      return satisfied(`${group.name} has ${bytesInWords(group.freeBytes)} free`, { notes })
    },
  })

/** Stops a host on which a device that the group is to be made of holds anything. Nothing is ever wiped. */
export const devicesAreFree = (wish: GroupWish): Gate =>
  gate({
    id: 'devices-are-free',
    async check(host) {
      const { group } = await host.ask(volumeGroup(wish.name))
      if (group !== null || !wish.create) return satisfied(`${wish.name} is not made of devices now`)
      const [members, ...uses] = await Promise.all([
        host.ask(physicalVolumes(wish.devices)),
        ...wish.devices.map((device) => host.ask(deviceUse(device))),
      ])
      const faults = wish.devices.flatMap((device, index) =>
        deviceFaults(device, uses[index] ?? null, members.get(device)),
      )
      if (faults.length > 0) return inUseBy(host.name, faults)
      const bytes = uses.reduce((sum, use) => sum + (use?.bytes ?? 0), 0)
      if (bytes < wish.minFreeBytes) return tooSmall(wish, bytes)
      return satisfied(`${wish.devices.join(', ')} hold nothing`)
    },
  })

/** What stands against a device, as half sentences. `member` is the group of a physical volume, empty text for none. */
export function deviceFaults(device: string, use: DeviceUse | null, member: string | undefined): readonly string[] {
  if (use === null) return [`${device} is no block device`]
  // A physical volume of no group is what a run leaves that died before it made the group.
  if (member === '') return []
  if (member !== undefined) return [`${device} belongs to the volume group ${member}`]
  return use.uses.length === 0 ? [] : [`${device} holds ${use.uses.join(', ')}`]
}

function groupFault(
  host: string,
  group: VolumeGroup,
  { root, wish, used }: { root: string | null; wish: GroupWish; used: boolean },
): BlockedCheck | null {
  if (group.partial) {
    return blocked({
      code: 'E_VG_PARTIAL',
      because: `a physical volume of ${group.name} on ${host} is missing`,
      remedy: 'Bring the disk back, or: vgreduce --removemissing.',
      absolute: true,
    })
  }
  if (group.shared || root === group.name) {
    return blocked({
      code: 'E_VG_SHARED',
      because: `${group.name} on ${host} ${group.shared ? 'is shared with other hosts' : 'is the group of its root file system'}`,
      remedy: 'Use a group of its own for instances.',
    })
  }
  if (group.freeBytes >= wish.minFreeBytes || used) return null
  return blocked({
    code: 'E_VG_LOW_SPACE',
    because: `${lowSpace(group, wish)} on ${host}`,
    remedy: 'Add a disk to the group, or lower minFree.',
  })
}

const lowSpace = (group: VolumeGroup, { minFreeBytes }: GroupWish): string =>
  `${group.name} has ${group.freeBytes} bytes free (${bytesInWords(group.freeBytes)}), wanted are ${minFreeBytes} (${bytesInWords(minFreeBytes)})`

const tooSmall = ({ devices, minFreeBytes }: GroupWish, bytes: number): BlockedCheck =>
  blocked({
    code: 'E_VG_LOW_SPACE',
    because: `${devices.join(', ')} have ${bytes} bytes (${bytesInWords(bytes)}), wanted are ${minFreeBytes} (${bytesInWords(minFreeBytes)})`,
    remedy: 'Name larger devices, or lower minFree.',
  })

const made = ({ name, devices }: GroupWish) => satisfied(`${name} will be made of ${devices.join(', ')}`)

const groupMissing = (host: string, name: string): BlockedCheck =>
  blocked({
    code: 'E_VG_MISSING',
    because: `Volume group "${name}" not found on ${host}`,
    remedy: 'Make it by hand, or name empty devices with createVg=true.',
    absolute: true,
  })

const nameTaken = (name: string, taken: boolean): BlockedCheck | null =>
  taken
    ? blocked({
        code: 'E_VG_NAME_DEVNAME',
        because: `/dev/${name} exists and is no volume group, so that none of this name can be made`,
        remedy: 'Choose another volumeGroup.',
        absolute: true,
      })
    : null

const duplicatePaths = (host: string): BlockedCheck =>
  blocked({
    code: 'E_DUPLICATE_PV',
    because: `LVM on ${host} sees a physical volume twice, as on paths of multipath`,
    remedy: 'Set up multipath and the filter of LVM first: pvs -v.',
    absolute: true,
  })

const inUseBy = (host: string, faults: readonly string[]): BlockedCheck =>
  blocked({
    code: 'E_DEVICE_IN_USE',
    because: `${host}: ${faults.join('; ')}`,
    remedy: 'Name empty devices. If what is there may go, wipe it by hand: wipefs -a DEVICE.',
    absolute: true,
  })
