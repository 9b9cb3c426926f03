import { describe, expect, it } from 'vitest'
import qcow2Resize from '../../../runbooks/qcow2-resize.ts'
import { memoryJournal, rollbackOn, runOn } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { keepsTheFourPromises } from '../four-promises.ts'
import { fakeImages, IMAGE } from './fake-images.ts'
import { MIB, PARAMS, planned, refusal } from './planned-resize.ts'

const PARTS = fixture('virt-filesystems-1.48.2.two-partitions.debian-12').stdout
const BACKUP = `${IMAGE}.runbook-${600 * MIB}.bak`

const sizes = ({ state }: ReturnType<typeof fakeImages>) =>
  [...state.images].map(([path, { virtual }]) => `${path} ${virtual / MIB} MiB`).sort()

describe('qcow2-resize', () => {
  keepsTheFourPromises({ runbook: qcow2Resize, params: PARAMS, machine: fakeImages, state: sizes })

  it('replaces the image by a larger one and keeps the old one under another name', async () => {
    const machine = fakeImages()

    const { report } = await runOn(qcow2Resize, PARAMS, [machine.host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(sizes(machine)).toEqual([`${IMAGE} 1024 MiB`, `${BACKUP} 600 MiB`])
  })

  it('goes back to the old image', async () => {
    const machine = fakeImages()
    const journal = memoryJournal()
    await runOn(qcow2Resize, PARAMS, [machine.host], { journal })

    const { report } = await rollbackOn(qcow2Resize, [machine.host], { journal })

    expect([report.hosts[0]?.result, sizes(machine)]).toEqual(['rolled-back', [`${IMAGE} 600 MiB`]])
  })

  it('is satisfied by an image of this size, even while a guest runs on it', async () => {
    const plan = await planned({
      images: { [IMAGE]: { virtual: 1024 * MIB } },
      complains: fixture('qemu-img-7.2.22-info.locked.debian-12'),
    })

    expect(plan?.state).toBe('satisfied')
  })

  it('installs the tools first, and looks at the image then', async () => {
    const machine = fakeImages({ installed: false })

    const plan = await planned({ installed: false })
    const { report } = await runOn(qcow2Resize, PARAMS, [machine.host])

    expect(plan?.steps.map(({ step, state, text }) => `${state} ${step}: ${text}`)).toEqual([
      'needed image-tools-installed: install qemu-utils, guestfs-tools',
      'satisfied image-can-be-enlarged: known once the tools of QEMU are installed',
      `satisfied image-is-free: ${IMAGE}: nobody's disk, open nowhere`,
      'satisfied partition-can-grow: the image is not looked into now',
      "deferred image-enlarged: the installation of QEMU's tools",
    ])
    expect([report.hosts[0]?.result, sizes(machine).length]).toEqual(['changed', 2])
  })

  it.each([
    ['debian\t12\t\n', 'qemu-utils, guestfs-tools'],
    ['debian\t11\t\n', 'qemu-utils, libguestfs-tools'],
    ['ubuntu\t20.04\tdebian\n', 'qemu-utils, libguestfs-tools'],
    ['rocky\t9.4\trhel\n', 'qemu-img, guestfs-tools'],
    ['centos\t8\trhel\n', 'qemu-img, libguestfs-tools-c'],
    ['centos\t7\trhel\n', 'qemu-img, libguestfs-tools'],
  ])('knows the packages of %j', async (os, names) => {
    expect((await planned({ os, installed: false }))?.steps[0]?.text).toBe(`install ${names}`)
  })

  it('makes a flat image of an overlay where that is accepted', async () => {
    const images = {
      [IMAGE]: { virtual: 600 * MIB, backing: '/srv/base.qcow2' },
      '/srv/base.qcow2': { virtual: 600 * MIB },
    }

    expect(await refusal({ images })).toEqual([
      'E_BACKING_CHAIN',
      `${IMAGE} lies on /srv/base.qcow2; the result is flat: 381.47 MiB`,
    ])
    expect((await planned({ images }, { flattenBacking: true }))?.state).toBe('ready')
  })

  it('writes beside an image that others lie on, but never over it', async () => {
    const images = { [IMAGE]: { virtual: 600 * MIB }, '/srv/images/over.qcow2': { virtual: 600 * MIB, backing: IMAGE } }
    const machine = fakeImages({ images })

    await runOn(qcow2Resize, { ...PARAMS, target: '/srv/images/b.qcow2' }, [machine.host])

    expect((await refusal({ images }))[1]).toBe(`${IMAGE} is what others lie on: /srv/images/over.qcow2`)
    expect(sizes(machine)).toContain('/srv/images/b.qcow2 1024 MiB')
  })

  it('warns of an image whose partitions nobody enlarged with it', async () => {
    const plan = await planned({
      images: { [IMAGE]: { virtual: 1024 * MIB } },
      parts: { exitCode: 0, stderr: '', stdout: PARTS.replace('629145600', `${1024 * MIB}`) },
    })

    expect([plan?.state, plan?.steps.flatMap(({ notes }) => notes.map(({ text }) => text))]).toEqual([
      'satisfied',
      [`426 MiB of ${IMAGE} are in no partition; its guests must grow theirs: growpart`],
    ])
  })

  it('warns of a host without KVM', async () => {
    const plan = await planned({ kvm: false })

    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code }) => code))).toEqual(['W_NO_KVM'])
  })

  it('grows the volume that is named with its partition', async () => {
    const parts = fixture('virt-filesystems-1.48.2.lvm.debian-12')
    const lvm = (lvExpand: string) => ({ partition: '/dev/sda1', lvExpand })

    expect((await planned({ parts }, lvm('/dev/vg/root')))?.state).toBe('ready')
    expect(await refusal({ parts }, lvm('/dev/vg/none'))).toEqual([
      'E_PARTITION_MISSING',
      '/dev/vg/none is not in the image; it has /dev/vg/root',
    ])
  })

  it('reads an image of glance, and writes the larger one elsewhere', async () => {
    const source = '/var/lib/glance/images/x'

    const plan = await planned({ images: { [source]: { virtual: 600 * MIB } } }, { source, target: IMAGE })

    expect(plan?.state).toBe('ready')
  })

  it.each([
    [
      28,
      'disk full on /srv/images while copying; source untouched',
      'E_SPACE',
      'disk full on /srv/images while copying; source untouched',
    ],
    [
      124,
      'virt-resize failed; source untouched',
      'E_TIMED_OUT',
      `virt-resize of ${IMAGE} took longer than 60m; source untouched`,
    ],
    [
      1,
      '/usr/bin/supermin exited with error status 1.\nvirt-resize failed; source untouched',
      'E_NO_APPLIANCE',
      '/usr/bin/supermin exited with error status 1.\nvirt-resize failed; source untouched',
    ],
    [26, 'Is another process using the image', 'E_IMAGE_IN_USE', 'Is another process using the image'],
  ])('says what stopped the copy: exit %i', async (exitCode, stderr, code, text) => {
    const { report } = await runOn(qcow2Resize, PARAMS, [fakeImages({ script: { exitCode, stderr } }).host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code, text })
  })

  it('knows the words of virt-resize for a partition that is not there', async () => {
    const script = fixture('virt-resize-1.48.2.no-partition.debian-12')

    const { report } = await runOn(qcow2Resize, { ...PARAMS, inspect: false }, [fakeImages({ script }).host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', code: 'E_PARTITION_MISSING' })
  })
})
