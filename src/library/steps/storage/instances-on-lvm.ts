import { blocked, satisfied } from '../../../model/check.ts'
import { info, type Note, warning } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, type Gate, gate } from '../../../model/step.ts'
import { definedGuests } from '../../facts/libvirt.ts'
import { volumesOf } from '../../facts/storage/lvm.ts'
import { inEffect, type OptionsFound, type OptionWish, optionIs, optionsSet } from '../openstack/options-set.ts'
import { type ConfigurationParts, configurationOf } from '../openstack/service-configuration.ts'
import { volumesPresent } from './volume-group.ts'

/** Where nova puts the disks of instances, and how it wipes them. */
export interface LvmBackendWish {
  readonly group: string
  readonly clear: 'zero' | 'shred' | 'none'
  /** How much of a volume is wiped, in MiB. 0: all of it. */
  readonly clearMib: number
}

const TYPE = { section: 'libvirt', key: 'images_type' }

/** nova names a volume by its instance and the disk. */
const OF_INSTANCE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}_/

/** The options of nova that mean the wish; those that are at nova's own default stay unwritten. */
export const lvmOptions = ({ group, clear, clearMib }: LvmBackendWish): readonly OptionWish[] => [
  optionIs(TYPE, 'lvm'),
  optionIs({ section: 'libvirt', key: 'images_volume_group' }, group),
  optionIs({ section: 'libvirt', key: 'volume_clear' }, clear, 'zero'),
  optionIs({ section: 'libvirt', key: 'volume_clear_size' }, String(clearMib), '0'),
]

/** Does nova keep the disks of instances in this group already? */
export const usesGroup =
  (wish: LvmBackendWish, parts: ConfigurationParts) =>
  async (host: Probe): Promise<boolean> => {
    const { files } = await configurationOf(host, parts)
    return lvmOptions(wish)
      .slice(0, 2)
      .every((option) => option.holds(inEffect(files, option)))
  }

/** Stops a host that has instances on files: nova would look for volumes of theirs and not start them again. */
export const noInstancesOnFiles = (parts: ConfigurationParts, { allowed }: { readonly allowed: boolean }): Gate =>
  gate({
    id: 'no-instances-on-files',
    async check(host) {
      const [answer, { files }] = await Promise.all([host.ask(definedGuests), configurationOf(host, parts)])
      if (inEffect(files, TYPE) === 'lvm') return satisfied('instances are on LVM already')
      if (answer.state === 'unknown') {
        return blocked({
          code: 'E_GUESTS_UNKNOWN',
          because: `libvirt on ${host.name} does not say which guests it has: ${answer.because}`,
          remedy: 'Start libvirt, or make sure by hand that there is no guest.',
        })
      }
      if (answer.defined.length === 0) return satisfied('no instance is on the host')
      const list = answer.defined.join(', ')
      if (allowed) return satisfied('instances on files are allowed', { notes: [warning('E_INSTANCES_PRESENT', list)] })
      return blocked({
        code: 'E_INSTANCES_PRESENT',
        because: `existing file-backed instances on ${host.name} cannot hard-reboot after the switch (nova will look for LVs): ${list}`,
        remedy: 'Migrate them away first: openstack server migrate.',
      })
    },
  })

/** nova keeps the disks of new instances in the group. */
export const instancesOnLvm = (wish: LvmBackendWish, parts: ConfigurationParts): ChangeStep<OptionsFound> => {
  const inner = optionsSet({
    ...parts,
    id: 'instances-on-lvm',
    options: lvmOptions(wish),
    notes: async (host) => ((await usesGroup(wish, parts)(host)) ? [] : consequences(wish)),
  })
  return {
    ...inner,
    async rollback(host, found) {
      const volumes = (await host.ask(volumesOf(wish.group))).filter((name) => OF_INSTANCE.test(name))
      if (volumes.length > 0) throw volumesPresent(wish.group, volumes)
      await inner.rollback?.(host, found)
    },
  }
}

/** What a switch to LVM takes away: everybody who approves it should have read it. */
const consequences = ({ clear, clearMib }: LvmBackendWish): readonly Note[] => [
  warning('W_NO_MIGRATION', 'instances on LVM can be neither migrated cold nor resized nor moved with their disks'),
  info('I_SNAPSHOTS', 'their snapshots need a pause, and images are stored raw'),
  ...(clear === 'none'
    ? [warning('W_NOT_WIPED', 'volume_clear=none leaves the data of deleted instances to whoever gets the space next')]
    : []),
  ...(clear !== 'none' && clearMib === 0
    ? [info('I_WIPE', 'deleting an instance wipes its whole volume: minutes of writing')]
    : []),
]
