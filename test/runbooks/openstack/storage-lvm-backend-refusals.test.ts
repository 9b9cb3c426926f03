import { describe, expect, it } from 'vitest'
import storageLvmBackend from '../../../runbooks/storage-lvm-backend.ts'
import { fixture } from '../../library/fixture.ts'
import { refusalOf } from '../refusal.ts'
import { fakeLvm, type LvmOptions } from './fake-lvm.ts'

const GIB = 1024 ** 3
const READY: LvmOptions = { groups: { 'nova-local': { free: 90 * GIB, volumes: [] } } }
const MAKE = { createVg: true, devices: ['/dev/sdb'] }

const refusal = (options: LvmOptions, params: object = {}) =>
  refusalOf(storageLvmBackend, params, () => fakeLvm(options))

describe('storage-lvm-backend refuses', () => {
  it.each<readonly [string, LvmOptions, object, string, string]>([
    ['a group that is missing', {}, {}, 'E_VG_MISSING', 'Volume group "nova-local" not found on hv-01'],
    [
      'a group without room, with both numbers',
      { groups: { 'nova-local': { free: 310378496, volumes: [] } } },
      {},
      'E_VG_LOW_SPACE',
      'nova-local has 310378496 bytes free (296 MiB), wanted are 21474836480 (20 GiB) on hv-01',
    ],
    [
      'a group of which a disk is missing',
      { groups: { 'nova-local': { free: 90 * GIB, volumes: [], attributes: 'wz-pn-' } } },
      {},
      'E_VG_PARTIAL',
      'a physical volume of nova-local on hv-01 is missing',
    ],
    [
      'a group that other hosts share',
      { groups: { 'nova-local': { free: 90 * GIB, volumes: [], attributes: 'wz--ns' } } },
      {},
      'E_VG_SHARED',
      'nova-local on hv-01 is shared with other hosts',
    ],
    [
      'the group that the host boots from',
      { ...READY, root: 'nova-local' },
      {},
      'E_VG_SHARED',
      'nova-local on hv-01 is the group of its root file system',
    ],
    [
      'a name that something else has',
      {},
      { ...MAKE, volumeGroup: 'taken' },
      'E_VG_NAME_DEVNAME',
      '/dev/taken exists and is no volume group, so that none of this name can be made',
    ],
    [
      'disks that LVM sees twice',
      { ...READY, mutters: fixture('lvm-2.03.16-vgs.duplicate.debian-12').stderr },
      {},
      'E_DUPLICATE_PV',
      'LVM on hv-01 sees a physical volume twice, as on paths of multipath',
    ],
    ['a device that is none', { devices: {} }, MAKE, 'E_DEVICE_IN_USE', 'hv-01: /dev/sdb is no block device'],
    [
      'devices that are too small',
      {},
      { ...MAKE, minFree: '60G' },
      'E_VG_LOW_SPACE',
      '/dev/sdb have 53687091200 bytes (50 GiB), wanted are 64424509440 (60 GiB)',
    ],
    [
      'instances on files, by their ids',
      { ...READY, guests: 'one\ntwo\n\n' },
      {},
      'E_INSTANCES_PRESENT',
      'existing file-backed instances on hv-01 cannot hard-reboot after the switch (nova will look for LVs): one, two',
    ],
    [
      'a host that does not say what instances it has',
      { ...READY, guests: { exitCode: 1, stderr: 'error: failed to connect\n' } },
      {},
      'E_GUESTS_UNKNOWN',
      'libvirt on hv-01 does not say which guests it has: error: failed to connect',
    ],
  ])('%s', async (_title, options, params, code, text) => {
    expect(await refusal(options, params)).toEqual([code, text])
  })

  it.each([
    [
      'a file system',
      'lsblk-2.38.1-J.disk-with-ext4.debian-12',
      'wipefs-2.38.1-n.ext4.debian-12',
      'a signature of ext4, the mount /srv',
    ],
    [
      'a partition',
      'lsblk-2.38.1-J.disk-with-partition.debian-12',
      'qemu-img-7.2.22-info.missing.debian-12',
      '/dev/sdb1 on it',
    ],
  ])('a device with %s, and wipes nothing', async (_title, lsblk, wipefs, holds) => {
    const devices = { '/dev/sdb': [fixture(lsblk).stdout, fixture(wipefs).stdout] } as const

    expect(await refusal({ devices }, MAKE)).toEqual(['E_DEVICE_IN_USE', `hv-01: /dev/sdb holds ${holds}`])
  })

  it('a name that LVM would read as an option', async () => {
    const result = await storageLvmBackend.params['~standard'].validate({ volumeGroup: '-x' })

    expect(result.issues?.[0]?.message).toBe('a name of letters, digits, + _ . and -, not first -')
  })

  it('to make a group of no devices', async () => {
    const result = await storageLvmBackend.params['~standard'].validate({ createVg: true })

    expect(result.issues?.[0]).toMatchObject({
      path: ['devices'],
      message: 'name the devices that createVg is to make the group of',
    })
  })
})
