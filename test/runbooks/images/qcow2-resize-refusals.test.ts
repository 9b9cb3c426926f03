import { describe, expect, it } from 'vitest'
import qcow2Resize from '../../../runbooks/qcow2-resize.ts'
import { runOn } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { type FakeImage, fakeImages, IMAGE, type ImageHostOptions } from './fake-images.ts'
import { MIB, PARAMS, planned, refusal } from './planned-resize.ts'

describe('qcow2-resize refuses', () => {
  const parts = (name: string) => ({ parts: fixture(`virt-filesystems-1.48.2.${name}.debian-12`) })
  const complains = (name: string) => ({ complains: fixture(`qemu-img-7.2.22-info.${name}.debian-12`), images: {} })
  const like = (more: NonNullable<FakeImage['more']>) => ({ images: { [IMAGE]: { virtual: 600 * MIB, more } } })
  const at = (path: string) => ({ images: { [path]: { virtual: 600 * MIB } } })
  const guest = 'guest\tuuid\tweb\tshut off\n file   disk   vda   /srv/images/a.qcow2\n'

  it.each<readonly [string, ImageHostOptions, object, string, string | RegExp]>([
    [
      'a partition that is not there, with those that are',
      parts('two-partitions'),
      { partition: '/dev/sda9' },
      'E_PARTITION_MISSING',
      '/dev/sda9 is not in the image; it has /dev/sda1, /dev/sda2',
    ],
    [
      'a partition of LVM without its volume',
      parts('lvm'),
      { partition: '/dev/sda1' },
      'E_LVM_PARTITION',
      '/dev/sda1 is a physical volume of LVM: it would grow, and nothing in it',
    ],
    [
      'a host that cannot look into images',
      parts('no-modules'),
      {},
      'E_NO_APPLIANCE',
      /lstat: No such file or directory: \/lib\/modules/,
    ],
    [
      'an image that is locked',
      { ...complains('locked'), images: { [IMAGE]: { virtual: 600 * MIB } } },
      {},
      'E_IMAGE_IN_USE',
      /Failed to get shared "write" lock/,
    ],
    ['an image that is not there', complains('missing'), {}, 'E_IMAGE_MISSING', /No such file or directory/],
    [
      'an image of another format',
      complains('raw-as-qcow2'),
      {},
      'E_IMAGE_FORMAT',
      /is no qcow2: .*Image is not in qcow2 format/,
    ],
    [
      'the disk of a guest that is shut off',
      { guests: guest },
      {},
      'E_IMAGE_IN_USE',
      `${IMAGE} is a disk of web (shut off)`,
    ],
    [
      'an image that a process has open',
      { open: '4711 (qemu-io)\n' },
      {},
      'E_IMAGE_IN_USE',
      `${IMAGE} is open in process 4711 (qemu-io)`,
    ],
    [
      'what libvirt does not tell',
      { guests: { exitCode: 3 } },
      {},
      'E_GUESTS_UNKNOWN',
      `libvirt on hv-01 does not say whose disk ${IMAGE} is`,
    ],
    ['to make it smaller', {}, { size: '500M' }, 'E_SHRINK', /has 629145600 bytes .* wished are 524288000/],
    ['too little to grow into', {}, { size: 600 * MIB + 512 }, 'E_NO_SURPLUS', /wished are 629146112/],
    [
      'a place without room',
      { free: 1024 ** 3 },
      {},
      'E_SPACE',
      `the file system of ${IMAGE} has 1 GiB free; the copy takes about 1.29 GiB`,
    ],
    [
      'snapshots that would be lost',
      like({ snapshots: [{ name: 's1' }] }),
      {},
      'E_SNAPSHOTS',
      `${IMAGE} has snapshots that would be lost: s1`,
    ],
    ['encryption', like({ encrypted: true }), {}, 'E_ENCRYPTED', `${IMAGE} is encrypted`],
    [
      'data in another file',
      like({ 'format-specific': { data: { 'data-file': '/d' } } }),
      {},
      'E_DATA_FILE',
      `${IMAGE} keeps its data in /d`,
    ],
    [
      'an image that was not closed',
      like({ 'dirty-flag': true }),
      {},
      'E_CORRUPT',
      `${IMAGE} is damaged or was not closed`,
    ],
    ['an image that is damaged', { check: 2 }, {}, 'E_CORRUPT', `${IMAGE} is damaged or was not closed`],
    ['a device', { block: true }, {}, 'E_IMAGE_FORMAT', `${IMAGE} is a block device, not a file`],
    [
      'a target that is there',
      { images: { [IMAGE]: { virtual: 600 * MIB }, '/b': { virtual: 1 } } },
      { target: '/b' },
      'E_TARGET_EXISTS',
      '/b exists already',
    ],
    [
      'an image of glance',
      at('/var/lib/glance/images/x'),
      { source: '/var/lib/glance/images/x' },
      'E_GLANCE_STORE',
      /belongs to glance/,
    ],
    [
      'to write among the images of glance',
      {},
      { target: '/var/lib/glance/images/x' },
      'E_GLANCE_STORE',
      /belongs to glance/,
    ],
    ['a target of the same size', {}, { size: 600 * MIB, target: '/b' }, 'E_NO_SURPLUS', /wished are 629145600/],
    [
      'to replace the disk of a guest',
      { images: { [IMAGE]: { virtual: 600 * MIB }, '/b': { virtual: 1 } }, guests: '', open: '4711 (qemu)\n' },
      { target: '/b', overwrite: true },
      'E_IMAGE_IN_USE',
      /open in process 4711 \(qemu\)/,
    ],
    [
      "an image of nova's cache",
      at('/var/lib/nova/instances/_base/x'),
      { source: '/var/lib/nova/instances/_base/x' },
      'E_GLANCE_STORE',
      /belongs to glance/,
    ],
  ])('%s', async (_title, options, params, code, text) => {
    const [given, because] = await refusal(options, params)

    expect(given).toBe(code)
    if (typeof text === 'string') expect(because).toBe(text)
    else expect(because).toMatch(text)
  })

  it('space inside that was lost is only a warning', async () => {
    const plan = await planned({ check: 3 })

    expect([plan?.state, plan?.steps.flatMap(({ notes }) => notes.map(({ code }) => code))]).toEqual([
      'ready',
      ['W_LEAKS'],
    ])
  })

  it('sizes that are none, before any host is asked', async () => {
    const faults = async (size: unknown) =>
      (await qcow2Resize.params['~standard'].validate({ ...PARAMS, size })).issues?.length

    const sizes = ['40GG', 1000, 0, '0', undefined, '40G']
    expect(await Promise.all(sizes.map(faults))).toEqual([1, 1, 1, 1, 1, undefined])
  })

  it.each([
    ['debian\t12\t\n', 'qemu-utils, guestfs-tools', 'E: Unable to locate package guestfs-tools', 'E_PKG'],
    ['ubuntu\t20.04\tdebian\n', 'qemu-utils, libguestfs-tools', 'E: Unable to fetch some archives', 'E_PKG'],
    ['rocky\t9.4\trhel\n', 'qemu-img, guestfs-tools', 'Error: Unable to find a match: guestfs-tools', 'E_PKG'],
    ['centos\t7\trhel\n', 'qemu-img, libguestfs-tools', 'No package libguestfs-tools available.', 'E_PKG'],
    ['debian\t12\t\n', 'qemu-utils, guestfs-tools', 'E: Could not get lock /var/lib/dpkg/lock-frontend', 'E_PKG_LOCK'],
  ])('packages that cannot be had, by their names: %j, %s', async (os, names, stderr, code) => {
    const { host } = fakeImages({ os, installed: false })
    const without = host.commands.filter(([pattern]) => !String(pattern).includes('apt-get'))
    const offline = {
      ...host,
      commands: [[/(?:apt-get|dnf) .*install/, { exitCode: 100, stderr }] as const, ...without],
    }

    const { report } = await runOn(qcow2Resize, PARAMS, [offline])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code })
    expect(report.hosts[0]?.text).toContain(`${names} cannot be installed on hv-01: ${stderr}`)
  })
})
