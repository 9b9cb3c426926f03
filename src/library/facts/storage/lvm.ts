import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import {
  type DeviceUse,
  readDeviceUse,
  readPhysicalVolumes,
  readVolumeGroups,
  type VolumeGroup,
} from '../../formats/storage/volume-groups.ts'
import { answered } from '../answered.ts'

/** A group of volumes as asked for by its name. */
export interface AskedGroup {
  /** Null: there is none of this name, or no LVM. */
  readonly group: VolumeGroup | null
  /** LVM found the same physical volume twice, as it does on paths of multipath. */
  readonly duplicates: boolean
}

/** A group of LVM by its name. What LVM says about open descriptors of its caller does not matter. */
export const volumeGroup = (name: string): Fact<AskedGroup> =>
  fact(
    sh`LVM_SUPPRESS_FD_WARNINGS=1 vgs --units b --nosuffix --reportformat json -o vg_name,vg_attr,vg_size,vg_free,vg_extent_size,pv_count,lv_count -- ${name}`,
    (answer) => {
      const duplicates = /duplicate PV|Not using device .* for PV/.test(answer.stderr)
      const groups = readVolumeGroups(answer.stdout)
      const missing = answer.exitCode === 127 || (answer.exitCode === 5 && groups?.length === 0)
      if (missing) return { group: null, duplicates }
      answered(answer, `the volume group ${name}`)
      return { group: groups?.find((group) => group.name === name) ?? null, duplicates }
    },
  )

/** The group that the root file system lies in; null where it lies on no volume of LVM. */
export const rootGroup = fact(
  sh`LVM_SUPPRESS_FD_WARNINGS=1 lvs --noheadings -o vg_name "$(findmnt -n -o SOURCE /)" 2>/dev/null`,
  ({ exitCode, stdout }) => (exitCode === 0 ? stdout.trim() || null : null),
)

/** Names of the volumes in a group; empty where there is no such group. */
export const volumesOf = (group: string): Fact<readonly string[]> =>
  fact(sh`LVM_SUPPRESS_FD_WARNINGS=1 lvs --noheadings -o lv_name -- ${group} 2>/dev/null`, ({ stdout }) =>
    stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )

/** Physical volumes among the devices: device to its group, empty text where it is in none. */
export const physicalVolumes = (devices: readonly string[]): Fact<ReadonlyMap<string, string>> =>
  fact(
    sh`for d in ${devices}; do LVM_SUPPRESS_FD_WARNINGS=1 pvs --reportformat json -o pv_name,vg_name -- "$d" 2>/dev/null; echo ---; done`,
    ({ stdout }) => new Map(stdout.split('---\n').flatMap((part) => [...readPhysicalVolumes(part)])),
  )

/** What is on a device; null where there is no such block device. */
export const deviceUse = (device: string): Fact<DeviceUse | null> =>
  fact(
    sh`lsblk -Jbpo NAME,TYPE,FSTYPE,MOUNTPOINT,SIZE -- ${device} 2>/dev/null; echo ---; wipefs -n --json -- ${device}`,
    ({ exitCode, stdout }) => {
      const [lsblk = '', wipefs = ''] = stdout.split('\n---\n')
      return readDeviceUse(device, lsblk, exitCode === 0 ? wipefs : null)
    },
  )

/** Is something else than a folder of LVM at /dev/NAME? */
export const nameIsDevice = (name: string): Fact<boolean> =>
  fact(sh`[ -e ${`/dev/${name}`} ]`, ({ exitCode }) => exitCode === 0)

/**
 * Does LVM look for disks of its own inside logical volumes, where guests keep theirs? Not with a list of devices, and since
 * 2.03 not by default. Null where there is no LVM.
 */
export const scansVolumes = fact(
  sh`if command -v lvmconfig >/dev/null; then LVM_SUPPRESS_FD_WARNINGS=1 lvmconfig --typeconfig full devices/scan_lvs 2>/dev/null || echo scan_lvs=1; if [ -e /etc/lvm/devices/system.devices ]; then echo devices-file; fi; fi`,
  ({ stdout }): boolean | null => {
    if (stdout.trim() === '') return null
    return /scan_lvs=1/.test(stdout) && !stdout.includes('devices-file')
  },
)
