import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cleanUp } from '../command-line.ts'
import { changedLines, NOVA_CONF, type NovaHost, outcomeOf, refusalIn, upNovaHost } from './nova-host.ts'

const MAKE = ['createVg=true', 'devices=["/dev/sdb"]'] as const
const GROUPS = 'vgs --noheadings -o vg_name; pvs --noheadings -o pv_name,vg_name'

describe('storage-lvm-backend on a host', () => {
  let nova: NovaHost
  let packaged = ''
  /** LVM's commands that changed anything, so far. */
  const changesOfLvm = async () => (await nova.host.counted('lvm')).map(({ command }) => command)

  beforeAll(async () => {
    nova = await upNovaHost({
      disks: [
        { device: '/dev/sdb', size: '50G' },
        { device: '/dev/sdc', size: '50G', holds: 'ext4' },
        { device: '/dev/sdd', size: '300M' },
      ],
    })
    packaged = await nova.read(NOVA_CONF)
  })

  afterAll(async () => {
    await nova?.set.down()
    await cleanUp()
  })

  it('refuses a group that is not there, and devices that hold anything, and wipes nothing', async () => {
    const missing = await nova.plan('storage-lvm-backend')
    const used = await nova.plan('storage-lvm-backend', 'createVg=true', 'devices=["/dev/sdc"]')
    const small = await nova.plan('storage-lvm-backend', 'createVg=true', 'devices=["/dev/sdd"]')
    const run = await nova.run('storage-lvm-backend', 'createVg=true', 'devices=["/dev/sdc"]')

    expect(refusalIn(missing)).toEqual(['E_VG_MISSING', 'Volume group "nova-local" not found on rb-01'])
    expect(refusalIn(used)).toEqual(['E_DEVICE_IN_USE', 'rb-01: /dev/sdc holds a signature of ext4'])
    expect(refusalIn(small)).toEqual([
      'E_VG_LOW_SPACE',
      '/dev/sdd have 314572800 bytes (300 MiB), wanted are 21474836480 (20 GiB)',
    ])
    expect([run.exitCode, await changesOfLvm()]).toEqual([3, []])
  })

  it('makes the group of empty devices, has nova use it, and has nothing to do again', async () => {
    const run = await nova.run('storage-lvm-backend', ...MAKE)
    const again = await nova.run('storage-lvm-backend', ...MAKE)

    expect([outcomeOf(run)?.result, outcomeOf(again)?.result]).toEqual(['changed', 'satisfied'])
    expect(await nova.sh(GROUPS)).toBe('  nova-local\n  /dev/sdb nova-local\n')
    expect(changedLines(packaged, await nova.read(NOVA_CONF))).toEqual([
      '+images_type = lvm',
      '+images_volume_group = nova-local',
    ])
    expect([await changesOfLvm(), await nova.starts()]).toEqual([['pvcreate', 'vgcreate'], 2])

    const back = await nova.rollback(run.run)

    expect(outcomeOf(back)?.result).toBe('rolled-back')
    expect([await nova.sh(GROUPS), await nova.read(NOVA_CONF)]).toEqual(['', packaged])
  })

  it('keeps a group that it made once that holds a volume, and says whose turn it is', async () => {
    const run = await nova.run('storage-lvm-backend', ...MAKE, 'restart=false')
    await nova.sh(`lvcreate -n scratch -L 1G nova-local`)

    const back = await nova.rollback(run.run)

    expect(outcomeOf(back)).toMatchObject({
      result: 'needs-a-person',
      code: 'E_LVS_PRESENT',
      text: expect.stringContaining('nova-local holds 1 volumes: scratch'),
    })
    expect(await nova.sh('lvs --noheadings -o lv_name nova-local')).toBe('  scratch\n')
  })
})
