import { describe, expect, it } from 'vitest'
import { readImageInfo } from '../../../../src/library/formats/storage/qemu-img.ts'
import { fixture } from '../../fixture.ts'

describe('what qemu-img says of an image', () => {
  it('is its sizes and its chain, the image itself first', () => {
    const chain = readImageInfo(fixture('qemu-img-7.2.22-info.backing-chain.debian-12').stdout)

    expect(chain?.map(({ path, backing }) => [path, backing])).toEqual([
      ['ov.qcow2', 'base.qcow2'],
      ['base.qcow2', null],
    ])
    expect(chain?.[0]).toMatchObject({ format: 'qcow2', virtualBytes: 1024 ** 3, actualBytes: 200704, dirty: false })
  })

  it('names internal snapshots', () => {
    const [image] = readImageInfo(fixture('qemu-img-7.2.22-info.snapshot.debian-12').stdout) ?? []

    expect(image).toMatchObject({ snapshots: ['s1'], encrypted: false, dataFile: null })
  })

  it.each([
    'qemu-img-7.2.22-info.missing.debian-12',
    'qemu-img-7.2.22-info.locked.debian-12',
    'qemu-img-7.2.22-info.raw-as-qcow2.debian-12',
  ])('is nothing where it only complains: %s', (name) => {
    const { stdout, exitCode } = fixture(name)

    expect([readImageInfo(stdout), exitCode]).toEqual([null, 1])
  })

  it('knows encryption, data of its own and damage', () => {
    const image = (more: object) =>
      readImageInfo(
        JSON.stringify({ filename: 'a', format: 'qcow2', 'virtual-size': 1, 'actual-size': 1, ...more }),
      )?.[0]

    expect([
      image({ 'format-specific': { data: { encrypt: { format: 'luks' } } } })?.encrypted,
      image({ 'format-specific': { data: { 'data-file': '/a.raw' } } })?.dataFile,
      image({ 'format-specific': { data: { corrupt: true } } })?.dirty,
      image({ 'dirty-flag': true })?.dirty,
    ]).toEqual([true, '/a.raw', true, true])
  })
})
