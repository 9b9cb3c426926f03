import { describe, expect, it } from 'vitest'
import {
  meansCacheModes,
  readCacheModes,
  usedCacheModes,
  writeCacheModes,
} from '../../../../src/library/formats/openstack/cache-modes.ts'
import { configSources } from '../../../../src/library/formats/openstack/config-sources.ts'
import { readGuestDiskClass, withNativeIo } from '../../../../src/library/formats/openstack/guest-disk-class.ts'
import { instancesPath } from '../../../../src/library/formats/openstack/nova-options.ts'
import { fixture } from '../../fixture.ts'

const nova = { project: 'nova', program: 'nova-compute' }
const MODERN = fixture('nova-26.2.2-config-py.guest-disk.debian-12').stdout
const OLD = fixture('nova-2015.1-config-py.guest-disk').stdout

describe('what a service reads', () => {
  const pathsOf = (words: readonly string[]) => configSources(nova, words).map(({ path }) => path)

  it('is by default files first, then folders', () => {
    expect(pathsOf(['/usr/bin/nova-compute'])).toEqual([
      '/usr/share/nova/nova-dist.conf',
      '/etc/nova/nova.conf',
      '/etc/nova/nova-compute.conf',
      '/etc/nova/nova.conf.d',
      '/etc/nova/nova-compute.conf.d',
    ])
  })

  it('is what its command line names last, in that order, in both spellings', () => {
    expect(pathsOf(['x', '--config-dir', '/a', '--config-file=/b.conf', '--config-file', '/c.conf'])).toEqual([
      '/a',
      '/b.conf',
      '/c.conf',
    ])
  })

  it('has the usual folders before files that are named', () => {
    expect(pathsOf(['--config-file=/etc/nova/nova.conf'])).toEqual([
      '/etc/nova/nova.conf.d',
      '/etc/nova/nova-compute.conf.d',
      '/etc/nova/nova.conf',
    ])
  })
})

describe('cache modes', () => {
  const wish = { modes: { file: 'writeback', block: 'none' }, replace: true }

  it('are parted at the first "=", and blanks beside it count, as for nova', () => {
    expect(readCacheModes('block=none, file = none,x,a=b=c,')).toEqual([
      { source: 'block', mode: 'none' },
      { source: 'file ', mode: ' none' },
      { source: 'x', mode: '' },
      { source: 'a', mode: 'b=c' },
    ])
  })

  it('are used as nova uses them: unknown ones are left out, the last of one source counts', () => {
    expect(usedCacheModes(readCacheModes('file=none,file=fast,block=none,file=unsafe'))).toEqual({
      file: 'unsafe',
      block: 'none',
    })
  })

  it.each([
    ['block=none, file=writeback', true],
    ['file=none,file=writeback,block=none', true],
    ['file=writeback', false],
    ['file=writeback,block=none,network=none', false],
    ['file=writeback,block=none,file=fast', false],
    [null, false],
  ])('%s means the wish: %s', (value, means) => {
    expect(meansCacheModes(value, wish)).toBe(means)
  })

  it('are written in the order that is there', () => {
    expect([
      writeCacheModes('network=none,block=unsafe', wish),
      writeCacheModes('network=none,block=unsafe', { ...wish, replace: false }),
      writeCacheModes(null, wish),
    ]).toEqual(['block=none,file=writeback', 'network=none,block=none,file=writeback', 'file=writeback,block=none'])
  })
})

describe('the class of guest disks', () => {
  const patched = (text: string) =>
    text
      .replace('        self.backing_store = None\n', '$&        self.io = "native"\n')
      .replace(
        '            dev.append(drv)\n',
        '            if self.io is not None:\n                drv.set("io", self.io)\n$&',
      )

  it.each([
    ['old', OLD, { state: 'stock-old', driverIoLine: null }],
    ['old and patched', patched(OLD), { state: 'seed-patched', driverIoLine: null }],
    ['modern', MODERN, { state: 'modern', driverIoLine: 16 }],
    ['modern and patched', patched(MODERN), { state: 'modern-patched', driverIoLine: 16 }],
    [
      'half patched',
      OLD.replace('        self.backing_store = None\n', '$&        self.io = "native"\n'),
      { state: 'unknown', driverIoLine: null },
    ],
    ['missing', 'class Other:\n    driver_io = 1\n', { state: 'unknown', driverIoLine: null }],
    [
      'old, whatever other classes hold',
      `${OLD}\nclass Other:\n    driver_io = 1\n`,
      { state: 'stock-old', driverIoLine: null },
    ],
  ])('is %s', (_title, text, expected) => {
    expect(readGuestDiskClass(text)).toEqual(expected)
  })
})

describe('the folder of instances', () => {
  const of = (text: string) => instancesPath([{ path: 'nova.conf', text }])

  it.each([
    ['', '/var/lib/nova/instances'],
    ['[DEFAULT]\nstate_path = /srv/nova\n', '/srv/nova/instances'],
    ['[DEFAULT]\ninstances_path = ${state_path}/vm\n', '/var/lib/nova/vm'],
    ['[DEFAULT]\ninstances_path = /vm\n', '/vm'],
  ])('of %j is %s', (text, path) => {
    expect(of(text)).toBe(path)
  })
})

describe('the patch of the class of guest disks', () => {
  const patched = (text: string) => {
    const patch = withNativeIo(text)
    return patch.state === 'patched' ? patch.text : patch
  }

  it('keeps line ends and indentation', () => {
    const dos = OLD.replaceAll('\n', '\r\n').replaceAll(/^( {4})+/gm, (blanks) => '\t'.repeat(blanks.length / 4))

    const added = String(patched(dos))
      .split('\n')
      .filter((line) => line.includes('# runbook'))

    expect(added).toEqual([
      '\t\tself.io = "native"  # runbook disk-aio-native\r',
      '\t\t\tif self.io is not None: drv.set("io", self.io)  # runbook disk-aio-native\r',
    ])
  })

  it('goes into this class alone, between its own lines', () => {
    const text = String(patched(OLD))

    expect(text.replaceAll(/^.*# runbook disk-aio-native\n/gm, '')).toBe(OLD)
    expect(readGuestDiskClass(text).state).toBe('seed-patched')
    expect(text.match(/drv\.set\("discard".*\n(.*)\n +dev\.append/)?.[1]).toContain('if self.io is not None')
  })

  it.each([
    ['the attribute is missing', OLD.replaceAll('self.backing_store = None', 'pass'), 'self.backing_store = None', 0],
    ['the element is added twice', OLD.replace('            dev.append(drv)\n', '$&$&'), 'dev.append(drv)', 2],
    ['the class is missing', 'x = 1\n', 'self.backing_store = None', 0],
  ])('has no place where %s', (_title, text, anchor, count) => {
    expect(patched(text)).toEqual({ state: 'no-anchor', anchor, count })
  })
})
