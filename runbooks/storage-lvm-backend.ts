import {
  configurationIsSound,
  defineRunbook,
  devicesAreFree,
  devicesPrepared,
  groupIsUsable,
  groupMade,
  guardTexts,
  guestVolumesIgnored,
  instancesOnLvm,
  lvmOptions,
  noInstancesOnFiles,
  novaCompute,
  optionsAreUnmanaged,
  packagesInstalled,
  restartLeft,
  startedCleanly,
  underUnit,
  usesGroup,
} from 'runbook'
import { z } from 'zod'
import { novaParameters } from './parameters/nova.ts'
import { bytes, path } from './parameters/values.ts'

const params = z
  .object({
    volumeGroup: z
      .string()
      .regex(/^(?!\.{1,2}$)[A-Za-z0-9+_.][A-Za-z0-9+_.-]*$/, 'a name of letters, digits, + _ . and -, not first -')
      .default('nova-local')
      .describe('The group of volumes that the disks of instances go to'),
    devices: z
      .array(path('/dev/sdb'))
      .default([])
      .describe('Empty block devices to make the group of; none: it must be there'),
    createVg: z.boolean().default(false).describe('Make the group where it is missing'),
    minFree: bytes('20G').prefault('20G').describe('Room that the group must have, in bytes or such as 20G'),
    volumeClear: z.enum(['zero', 'shred', 'none']).default('zero').describe('How a deleted volume is wiped'),
    volumeClearSizeMib: z.number().int().min(0).default(0).describe('How much of it, in MiB; 0: all of it'),
    allowExistingInstances: z.boolean().default(false).describe('Accept instances on files, which cannot start again'),
    lvmFilter: z.boolean().default(true).describe('Keep LVM on the host from looking into the disks of guests'),
    ...novaParameters,
  })
  .refine(({ createVg, devices }) => !createVg || devices.length > 0, {
    path: ['devices'],
    message: 'name the devices that createVg is to make the group of',
  })

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'storage-lvm-backend',
  summary: 'Keep the disks of new instances on volumes of LVM',
  about: {
    purpose:
      'Gives new instances raw volumes instead of files. Costs cold migration, resize and block migration of such instances, and deleting one wipes its volumes for minutes.',
    changes: [
      'images_type, images_volume_group and volume_clear in [libvirt]',
      'on request a new volume group on empty devices',
      "a filter that keeps LVM out of guests' disks",
      'nova-compute is restarted',
    ],
    guests: 'New ones only; a host with instances on files is refused.',
    undo: 'rollback RUN: files as they were; a group of this run is removed while it holds no volume.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: [1], maxFailed: 1 },
  risks: ['new guests only', 'no cold migration or resize of instances on LVM', 'nova-compute is away for seconds'],
  steps: ({ volumeGroup, devices, createVg, minFree, restart, lvmFilter, ...wanted }) => {
    const nova = { service: underUnit(novaCompute, wanted.novaUnit), file: wanted.novaConf }
    const group = { name: volumeGroup, devices, create: createVg, minFreeBytes: minFree }
    const wish = { group: volumeGroup, clear: wanted.volumeClear, clearMib: wanted.volumeClearSizeMib }
    return [
      configurationIsSound(nova),
      optionsAreUnmanaged({ ...nova, options: lvmOptions(wish) }),
      noInstancesOnFiles(nova, { allowed: wanted.allowExistingInstances }),
      groupIsUsable(group, { inUse: usesGroup(wish, nova) }),
      devicesAreFree(group),

      packagesInstalled({ id: 'lvm-installed', packages: () => ['lvm2'] }),
      ...(lvmFilter ? [guestVolumesIgnored(volumeGroup)] : []),
      ...(createVg ? [devicesPrepared(group), groupMade(group)] : []),
      instancesOnLvm(wish, nova),
      restart
        ? startedCleanly({
            id: 'nova-compute-started-after-edit',
            service: nova.service,
            complaint: 'Traceback|You should specify',
          })
        : restartLeft(nova.service),
    ]
  },
  guards: guardTexts([
    'E_SERVICE_MISSING',
    'E_CONFIG_NOT_FOUND',
    'E_CONFIG_INVALID',
    'E_CONFIG_MANAGED',
    'E_DISTRO_UNSUPPORTED',
    'E_GUESTS_UNKNOWN',
    'E_INSTANCES_PRESENT',
    'E_VG_MISSING',
    'E_VG_NAME_DEVNAME',
    'E_VG_PARTIAL',
    'E_VG_SHARED',
    'E_VG_LOW_SPACE',
    'E_DUPLICATE_PV',
    'E_DEVICE_IN_USE',
    'E_LVS_PRESENT',
    'E_PKG',
    'E_PKG_LOCK',
    'E_UNIT_NOT_STABLE',
    'E_SERVICE_COMPLAINS',
  ]),
})
