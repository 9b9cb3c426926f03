import { describe, expect, it } from 'vitest'
import { tuned } from '../../../../src/library/facts/tuned/tuned.ts'
import { effectiveSettings, readTunedProfiles } from '../../../../src/library/formats/tuned/tuned-profiles.ts'
import { fixture } from '../../fixture.ts'

const shipped = tuned.read(fixture('tuned-2.20.0-profiles.virtual-host.debian-12'))

describe('profiles of tuned', () => {
  it('are all that it ships, and the one that is chosen', () => {
    expect([shipped.installed, shipped.chosen, shipped.mode, shipped.profiles.size]).toEqual([
      true,
      ['virtual-host'],
      'manual',
      37,
    ])
  })

  it('set what they include, without sections for other machines', () => {
    // throughput-performance sets transparent_hugepages=never, but for aarch64 alone.
    expect([...shipped.settings]).toEqual([['cpu.governor', 'performance']])
  })

  it('win over what they include, and bring kernel arguments', () => {
    const settings = effectiveSettings(shipped.profiles, ['realtime-virtual-host'])

    expect(settings.get('vm.transparent_hugepages')).toBe('never')
    expect([...settings.keys()].filter((key) => key.startsWith('bootloader.'))).toHaveLength(3)
  })

  it('of /etc stand for those of the same name in /usr, and may include each other', () => {
    const text = [
      '/usr/lib/tuned/a/tuned.conf:[vm]',
      '/usr/lib/tuned/a/tuned.conf:transparent_hugepages=always',
      '/etc/tuned/a/tuned.conf:[main]',
      '/etc/tuned/a/tuned.conf:include=b, -missing',
      '/etc/tuned/b/tuned.conf:[main]',
      '/etc/tuned/b/tuned.conf:include=a',
      '/etc/tuned/b/tuned.conf:[vm]',
      '/etc/tuned/b/tuned.conf:transparent_hugepages = never',
    ].join('\n')

    const profiles = readTunedProfiles(text)

    expect(profiles.get('a')).toMatchObject({ path: '/etc/tuned/a/tuned.conf', includes: ['b', 'missing'] })
    expect([...effectiveSettings(profiles, ['a'])]).toEqual([['vm.transparent_hugepages', 'never']])
  })
})

describe('a host without tuned', () => {
  it('has no profile', () => {
    expect(tuned.read({ exitCode: 0, stdout: '', stderr: '' })).toMatchObject({
      installed: false,
      chosen: [],
      mode: '',
    })
  })
})
