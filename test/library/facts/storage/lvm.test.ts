import { describe, expect, it } from 'vitest'
import { loggedSince, logLength } from '../../../../src/library/facts/openstack/service-log.ts'
import { missingPackages } from '../../../../src/library/facts/packages.ts'
import {
  deviceUse,
  nameIsDevice,
  physicalVolumes,
  rootGroup,
  scansVolumes,
  volumesOf,
} from '../../../../src/library/facts/storage/lvm.ts'
import { askShell } from '../../shell-with.ts'

describe('LVM, asked in a real shell', () => {
  it('tells of each device whether it is a physical volume', () => {
    const pvs = `case "$*" in *sdb) echo '{"report":[{"pv":[{"pv_name":"/dev/sdb","vg_name":"a"}]}]}';; *) echo '{"report":[{"pv":[]}]}'; exit 5;; esac`

    expect([...askShell(physicalVolumes(['/dev/sdb', '/dev/sdc']), { pvs })]).toEqual([['/dev/sdb', 'a']])
    expect([...askShell(physicalVolumes([]), { pvs })]).toEqual([])
  })

  it('tells what is on a device', () => {
    const lsblk = `echo '{"blockdevices":[{"name":"/dev/sdb","fstype":null,"mountpoint":null,"size":5}]}'`
    const wipefs = `echo '{"signatures":[{"type":"xfs"}]}'`

    expect(askShell(deviceUse('/dev/sdb'), { lsblk, wipefs })).toEqual({
      device: '/dev/sdb',
      bytes: 5,
      uses: ['a signature of xfs'],
    })
    expect(askShell(deviceUse('/dev/sdb'), { lsblk, wipefs: 'exit 1' })?.uses).toEqual(['what wipefs cannot tell'])
    expect(askShell(deviceUse('/dev/sdb'), { lsblk: 'exit 32', wipefs: 'exit 1' })).toBeNull()
  })

  it('names the group of the root file system and the volumes of a group', () => {
    const programs = {
      findmnt: 'echo /dev/mapper/a-root',
      lvs: 'case "$*" in *a-root|*"-- a") echo "  a";; *) exit 5;; esac',
    }

    expect([
      askShell(rootGroup, programs),
      askShell(volumesOf('a'), programs),
      askShell(volumesOf('b'), programs),
    ]).toEqual(['a', ['a'], []])
    expect(askShell(rootGroup, { ...programs, lvs: 'exit 5' })).toBeNull()
  })

  it('looks into volumes by its settings: a version that does not know them does', () => {
    expect([
      askShell(scansVolumes, { lvmconfig: 'echo scan_lvs=0' }),
      askShell(scansVolumes, { lvmconfig: 'echo scan_lvs=1' }),
      askShell(scansVolumes, { lvmconfig: 'exit 5' }),
    ]).toEqual([false, true, true])
  })

  it('has no group of a name that is a device', () => {
    expect([askShell(nameIsDevice('null')), askShell(nameIsDevice('no-such'))]).toEqual([true, false])
  })
})

describe('packages', () => {
  it('are missing unless they are installed whole', () => {
    const programs = {
      'dpkg-query': 'case "$4" in lvm2) printf installed;; half) printf half-installed;; *) exit 1;; esac',
      rpm: '[ "$2" = lvm2 ]',
    }

    expect([
      askShell(missingPackages('debian', ['lvm2', 'half', 'none']), programs),
      askShell(missingPackages('rhel', ['lvm2', 'none']), programs),
    ]).toEqual([['half', 'none'], ['none']])
  })
})

describe('the log of a service', () => {
  const service = { project: 'nova', program: 'nova-compute' }
  const question = { service, unit: 'nova-compute.service', pattern: 'Traceback|You should' }
  const old = 'Traceback of yesterday\n'
  const files = { '/var/log/nova/nova-compute.log': `${old}fine\nTraceback now\n` }

  it('is read from where it ended before', () => {
    const lines = (after: number) => askShell(loggedSince({ ...question, after }), {}, files)

    expect([lines(old.length), lines(0).length, lines(10_000).length]).toEqual([['Traceback now'], 2, 2])
    expect(askShell(logLength(service), {}, files)).toBe(files['/var/log/nova/nova-compute.log'].length)
  })

  it('is the journal of this start where there is no file', () => {
    const programs = {
      systemctl: 'echo InvocationID=abc',
      journalctl: 'case "$*" in *_SYSTEMD_INVOCATION_ID=abc) echo "Traceback in the journal";; esac',
    }

    const journalled = { project: 'none', program: 'no-such' }

    expect(askShell(loggedSince({ ...question, service: journalled, after: 0 }), programs)).toEqual([
      'Traceback in the journal',
    ])
    expect(askShell(logLength(journalled))).toBe(0)
  })
})
