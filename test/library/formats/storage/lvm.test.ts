import { describe, expect, it } from 'vitest'
import { volumeGroup } from '../../../../src/library/facts/storage/lvm.ts'
import { hidesGroup, readGlobalFilter, withGroupHidden } from '../../../../src/library/formats/storage/lvm-filter.ts'
import { readDeviceUse, readPhysicalVolumes } from '../../../../src/library/formats/storage/volume-groups.ts'
import { fixture } from '../../fixture.ts'

describe('a volume group', () => {
  it('has numbers that LVM prints as text; its talk of descriptors does not matter', () => {
    expect(volumeGroup('nova-local').read(fixture('lvm-2.03.16-vgs.nova-local.debian-12'))).toEqual({
      group: {
        name: 'nova-local',
        sizeBytes: 310378496,
        freeBytes: 310378496,
        logicalVolumes: 0,
        partial: false,
        shared: false,
      },
      duplicates: false,
    })
  })

  it('is missing where LVM ends with 5 and an empty list, and where there is no LVM', () => {
    const asked = volumeGroup('nova-local')

    expect([
      asked.read(fixture('lvm-2.03.16-vgs.missing.debian-12')).group,
      asked.read({ exitCode: 127, stdout: '', stderr: 'sh: vgs: not found\n' }).group,
    ]).toEqual([null, null])
  })

  it('lacks a disk, or has one twice, as LVM says', () => {
    const asked = volumeGroup('nova-local')

    expect(asked.read(fixture('lvm-2.03.16-vgs.missing-disk.debian-12'))).toMatchObject({
      group: { partial: true },
      duplicates: false,
    })
    expect(asked.read(fixture('lvm-2.03.16-vgs.duplicate.debian-12'))).toMatchObject({
      group: { partial: false },
      duplicates: true,
    })
  })

  it('is not taken as missing where LVM fails otherwise', () => {
    expect(() => volumeGroup('x').read({ exitCode: 5, stdout: '', stderr: 'locking failed\n' })).toThrow(
      'locking failed',
    )
  })
})

describe('physical volumes', () => {
  it('are known by device, in a group or in none', () => {
    const text = '{"report":[{"pv":[{"pv_name":"/dev/sdb","vg_name":""},{"pv_name":"/dev/sdc","vg_name":"a"}]}]}'

    expect([...readPhysicalVolumes(text)]).toEqual([
      ['/dev/sdb', ''],
      ['/dev/sdc', 'a'],
    ])
    expect([...readPhysicalVolumes('')]).toEqual([])
  })
})

describe('a device', () => {
  it('holds nothing where both tools find nothing', () => {
    const lsblk = '{"blockdevices":[{"name":"/dev/sdb","type":"disk","fstype":null,"mountpoint":null,"size":1024}]}'

    expect(readDeviceUse('/dev/sdb', lsblk, '{"signatures": []}')).toEqual({
      device: '/dev/sdb',
      bytes: 1024,
      uses: [],
    })
    expect(readDeviceUse('/dev/none', '', '')).toBeNull()
  })

  it('holds what lsblk knows where wipefs says nothing', () => {
    expect(readDeviceUse('/dev/sdb', fixture('lsblk-2.38.1-J.disk-with-ext4.debian-12').stdout, '')?.uses).toEqual([
      'a file system of ext4',
      'the mount /srv',
    ])
  })
})

describe('the filter of LVM', () => {
  const reject = 'r|^/dev/nova-local/|'

  it.each([
    [
      'is put into its section',
      'config {\n}\ndevices {\n\tdir = "/dev"\n}\n',
      `config {\n}\ndevices {\n\tglobal_filter = [ "${reject}" ]\n\tdir = "/dev"\n}\n`,
    ],
    [
      'keeps what is there behind its own',
      'devices {\n\tglobal_filter = [ "a|^/dev/sda|", "r|.*|" ]\n}\n',
      `devices {\n\tglobal_filter = [ "${reject}", "a|^/dev/sda|", "r|.*|" ]\n}\n`,
    ],
    [
      'drops what accepts everything',
      'devices {\n\tglobal_filter = [ "a|.*|" ]\n}\n',
      `devices {\n\tglobal_filter = [ "${reject}" ]\n}\n`,
    ],
    [
      'may stand on several lines',
      'devices {\n global_filter = [\n  "a/.*/",\n  "r|x]y|"\n ]\n}\n',
      `devices {\n global_filter = [ "${reject}", "r|x]y|" ]\n}\n`,
    ],
    [
      'may be one entry without brackets',
      'devices {\n\tglobal_filter = "r|x|"\n}\n',
      `devices {\n\tglobal_filter = [ "${reject}", "r|x|" ]\n}\n`,
    ],
    [
      'leaves the commented sample',
      'devices {\n\t# global_filter = [ "a|.*|" ]\n}\n',
      `devices {\n\tglobal_filter = [ "${reject}" ]\n\t# global_filter = [ "a|.*|" ]\n}\n`,
    ],
    ['brings its section where that is missing', 'x = 1', `x = 1\ndevices {\n\tglobal_filter = [ "${reject}" ]\n}\n`],
  ])('%s', (_title, before, after) => {
    expect(withGroupHidden(before, 'nova-local')).toBe(after)
    expect(withGroupHidden(after, 'nova-local')).toBe(after)
    expect([hidesGroup(before, 'nova-local'), hidesGroup(after, 'nova-local')]).toEqual([false, true])
  })

  it('takes the signs of a name literally', () => {
    expect(readGlobalFilter(withGroupHidden('', 'a.b+c'))).toEqual(['r|^/dev/a\\\\.b\\\\+c/|'])
  })
})
