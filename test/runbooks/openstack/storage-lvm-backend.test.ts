import { describe, expect, it } from 'vitest'
import storageLvmBackend from '../../../runbooks/storage-lvm-backend.ts'
import { memoryJournal, planOn, rollbackOn, runOn, textOf } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { keepsTheFourPromises } from '../four-promises.ts'
import { fakeLvm, type LvmOptions } from './fake-lvm.ts'
import { NOVA_CONF, NOVA_UNIT, PACKAGED } from './fake-nova.ts'
import { changedLines, restartsOf } from './fake-service.ts'

const GIB = 1024 ** 3
const READY: LvmOptions = { groups: { 'nova-local': { free: 90 * GIB, volumes: [] } } }
const MAKE = { createVg: true, devices: ['/dev/sdb'] }
const DISK = '6695eb01-f6a4-8304-79aa-97f2502e193f_disk'

async function planned(options: LvmOptions, params: object = {}) {
  const [plan] = await planOn(storageLvmBackend, params, [fakeLvm(options).host])
  return plan
}

describe('storage-lvm-backend', () => {
  const state = (machine: ReturnType<typeof fakeLvm>) => ({
    groups: [...machine.state.groups.keys()],
    members: [...machine.state.members],
  })

  describe('on a group that is there', () => {
    keepsTheFourPromises({ runbook: storageLvmBackend, params: {}, machine: () => fakeLvm(READY), state })
  })

  describe('on a group that is made', () => {
    keepsTheFourPromises({
      runbook: storageLvmBackend,
      params: MAKE,
      machine: () => fakeLvm({ installed: false, scans: true, files: { '/etc/lvm/lvm.conf': 'devices {\n}\n' } }),
      state,
    })
  })

  it('sets both options in one write, below their samples, and restarts once', async () => {
    const { host } = fakeLvm(READY)

    const { report } = await runOn(storageLvmBackend, {}, [host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(changedLines(PACKAGED[NOVA_CONF], host, NOVA_CONF)).toEqual([
      '+images_type = lvm',
      '+images_volume_group = nova-local',
    ])
    expect(host.counters.changes).toEqual([`write ${NOVA_CONF}`, `systemctl restart '${NOVA_UNIT}'`])
  })

  it('writes how volumes are wiped where that is not what nova does anyway', async () => {
    const { host } = fakeLvm(READY)

    await runOn(storageLvmBackend, { volumeClear: 'none', volumeClearSizeMib: 100 }, [host])

    expect(changedLines(PACKAGED[NOVA_CONF], host, NOVA_CONF)).toContain('+volume_clear = none')
    expect(changedLines(PACKAGED[NOVA_CONF], host, NOVA_CONF)).toContain('+volume_clear_size = 100')
  })

  it('says before what the switch takes away', async () => {
    const notes = (await planned(READY))?.steps.flatMap((step) => step.notes.map(({ code }) => code))

    expect(notes).toEqual(['W_NO_MIGRATION', 'I_SNAPSHOTS', 'I_WIPE'])
  })

  it('is satisfied on a host that is configured, with a warning where room gets short', async () => {
    const files = { [NOVA_CONF]: '[libvirt]\nimages_type = lvm\nimages_volume_group = nova-local\n' }

    const plan = await planned({ groups: { 'nova-local': { free: GIB, volumes: [DISK] } }, files, guests: 'one\n' })

    expect(plan?.state).toBe('satisfied')
    expect(plan?.steps.flatMap(({ notes }) => notes.map(({ code }) => code))).toEqual(['E_VG_LOW_SPACE'])
  })

  it('makes the group of empty devices', async () => {
    const { host, state: lvm } = fakeLvm()

    await runOn(storageLvmBackend, MAKE, [host])

    expect([...lvm.members]).toEqual([['/dev/sdb', 'nova-local']])
    expect(host.counters.changes.slice(0, 2)).toEqual(["pvcreate -- '/dev/sdb'", "vgcreate -- 'nova-local' '/dev/sdb'"])
  })

  it('stops where something was put on a device since the check: pvcreate asks before it wipes, and nobody answers', async () => {
    const { host, state: lvm } = fakeLvm({ refuses: { pvcreate: fixture('lvm-2.03.16-pvcreate.ext4.debian-12') } })

    const { report } = await runOn(storageLvmBackend, MAKE, [host])

    expect(report.hosts[0]).toMatchObject({ result: 'failed', step: 'devices-prepared' })
    expect([...lvm.members, ...lvm.groups]).toEqual([])
  })

  it('takes a group that it made away again, but not one with volumes', async () => {
    const empty = fakeLvm()
    const filled = fakeLvm()
    const journals = [memoryJournal(), memoryJournal()] as const
    await runOn(storageLvmBackend, MAKE, [empty.host], { journal: journals[0] })
    await runOn(storageLvmBackend, MAKE, [filled.host], { journal: journals[1] })
    filled.state.groups.get('nova-local')?.volumes.push('scratch')

    const gone = await rollbackOn(storageLvmBackend, [empty.host], { journal: journals[0] })
    const kept = await rollbackOn(storageLvmBackend, [filled.host], { journal: journals[1] })

    expect([gone.report.hosts[0]?.result, [...empty.state.groups], [...empty.state.members]]).toEqual([
      'rolled-back',
      [],
      [],
    ])
    expect(kept.report.hosts[0]).toMatchObject({
      result: 'needs-a-person',
      code: 'E_LVS_PRESENT',
      step: 'volume-group-made',
    })
    expect([...filled.state.groups.keys()]).toEqual(['nova-local'])
  })

  it('leaves a group to a person that got volumes while it was about to go', async () => {
    const { host, state: lvm } = fakeLvm({
      refuses: { vgremove: fixture('lvm-2.03.16-vgremove.with-volume.debian-12') },
    })
    const journal = memoryJournal()
    await runOn(storageLvmBackend, MAKE, [host], { journal })

    const { report } = await rollbackOn(storageLvmBackend, [host], { journal })

    expect(report.hosts[0]).toMatchObject({ result: 'needs-a-person', step: 'volume-group-made' })
    expect([...lvm.members]).toEqual([['/dev/sdb', 'nova-local']])
  })

  it('does not go back while instances lie on volumes', async () => {
    const { host, state: lvm } = fakeLvm(READY)
    const journal = memoryJournal()
    await runOn(storageLvmBackend, {}, [host], { journal })
    lvm.groups.get('nova-local')?.volumes.push(DISK)
    const written = textOf(host, NOVA_CONF)

    const { report } = await rollbackOn(storageLvmBackend, [host], { journal })

    expect(report.hosts[0]).toMatchObject({ result: 'needs-a-person', code: 'E_LVS_PRESENT', step: 'instances-on-lvm' })
    expect([textOf(host, NOVA_CONF), restartsOf(host, NOVA_UNIT)]).toEqual([written, 1])
  })

  it('leaves the host partial where nova-compute complains after its restart', async () => {
    const { host } = fakeLvm({ ...READY, logs: 'You should specify images_volume_group flag to use LVM images.\n' })

    const { report } = await runOn(storageLvmBackend, {}, [host])

    expect(report.hosts[0]).toMatchObject({
      result: 'partial',
      code: 'E_SERVICE_COMPLAINS',
      text: 'nova-compute on hv-01 runs and complains: You should specify images_volume_group flag to use LVM images.',
    })
  })

  it('has LVM refuse the disks of guests only where it looks for disks inside volumes', async () => {
    const files = { '/etc/lvm/lvm.conf': 'devices {\n}\n' }
    const { host } = fakeLvm({ ...READY, scans: true, files })

    await runOn(storageLvmBackend, {}, [host])
    const ignored = (await planned({ ...READY, files }))?.steps.find(({ step }) => step === 'guest-volumes-ignored')

    expect(changedLines(files['/etc/lvm/lvm.conf'], host, '/etc/lvm/lvm.conf')).toEqual([
      '+\tglobal_filter = [ "r|^/dev/nova-local/|" ]',
    ])
    expect(ignored).toMatchObject({ state: 'satisfied', text: 'LVM looks for no disks inside volumes' })
  })

  it('does not mind what LVM says of descriptors that are none of its business', async () => {
    const { stderr } = fixture('lvm-2.03.16-vgs.nova-local.debian-12')

    expect((await planned({ ...READY, mutters: stderr }))?.state).toBe('ready')
  })
})
