import { describe, expect, it } from 'vitest'
import { readSysctlSettings, sysctlFile } from '../../../../src/library/formats/kernel/sysctl-settings.ts'

describe('settings of sysctl', () => {
  it('are those of the file whose name sorts last, and of one name that of the nearest folder', () => {
    const settings = readSysctlSettings(
      [
        '/usr/lib/sysctl.d/50-a.conf:vm.swappiness = 10',
        '/run/sysctl.d/50-a.conf:vm.swappiness = 20',
        '/etc/sysctl.d/40-z.conf:vm.swappiness = 30',
        '/etc/sysctl.conf:kernel.pid_max=4096',
        '/etc/sysctl.d/99-runbook-reclaim.conf:kernel.pid_max=8192',
      ].join('\n'),
    )

    expect([...settings.values()].map(({ path, key, value }) => [path, key, value])).toEqual([
      ['/run/sysctl.d/50-a.conf', 'vm.swappiness', '20'],
      ['/etc/sysctl.conf', 'kernel.pid_max', '4096'],
    ])
  })

  it('may be written with slashes, behind a hyphen, and with blanks in the value', () => {
    const settings = readSysctlSettings(
      '/etc/sysctl.d/a.conf:-net/ipv4/conf/eth0.1/rp_filter=0\n/etc/sysctl.d/a.conf:net.ipv4.tcp_rmem = 1 2  3 \n',
    )

    expect([...settings].map(([key, { value }]) => [key, value])).toEqual([
      ['net.ipv4.conf.eth0/1.rp_filter', '0'],
      ['net.ipv4.tcp_rmem', '1 2  3'],
    ])
  })

  it('name files of /proc/sys', () => {
    expect(['vm.min_free_kbytes', 'net.ipv4.conf.eth0/1.rp_filter'].map(sysctlFile)).toEqual([
      '/proc/sys/vm/min_free_kbytes',
      '/proc/sys/net/ipv4/conf/eth0.1/rp_filter',
    ])
  })
})
