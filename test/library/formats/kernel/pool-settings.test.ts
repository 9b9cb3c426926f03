import { describe, expect, it } from 'vitest'
import { readPoolSettings } from '../../../../src/library/formats/kernel/pool-settings.ts'

describe('settings of pools at boot', () => {
  it('are won by the file whose name sorts last, and of one name by the nearest folder', () => {
    const text = [
      '/usr/lib/sysctl.d/50-huge.conf:vm.nr_hugepages = 1',
      '/etc/sysctl.d/50-huge.conf:vm/nr_hugepages=2',
      '/etc/sysctl.d/10-huge.conf:vm.nr_hugepages=3',
    ].join('\n')

    expect(readPoolSettings(text)).toEqual([
      { path: '/etc/sysctl.d/50-huge.conf', kind: 'sysctl', kibi: null, pages: 2 },
    ])
  })

  it('are won by /etc/sysctl.conf, which is read as 99-sysctl.conf', () => {
    const text = '/etc/sysctl.d/80-z.conf:vm.nr_hugepages=3\n/etc/sysctl.conf:vm.nr_hugepages=4\n'

    expect(readPoolSettings(text).map(({ pages }) => pages)).toEqual([4])
  })

  it('are told per size and kind, without overcommit and without the numbers of scripts', () => {
    const pool = '/sys/kernel/mm/hugepages/hugepages-1048576kB'
    const text = [
      `/etc/tmpfiles.d/h.conf:w ${pool}/nr_hugepages - - - - 8`,
      `/etc/rc.local:echo 8 > ${pool}/nr_hugepages`,
      '/etc/sysctl.d/a.conf:vm.nr_overcommit_hugepages=5',
    ].join('\n')

    expect(readPoolSettings(text)).toEqual([
      { path: '/etc/tmpfiles.d/h.conf', kind: 'tmpfiles', kibi: 1048576, pages: 8 },
      { path: '/etc/rc.local', kind: 'script', kibi: 1048576, pages: null },
    ])
  })
})
