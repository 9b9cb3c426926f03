import { describe, expect, it } from 'vitest'
import diskCachemodes from '../../../runbooks/disk-cachemodes.ts'
import { memoryJournal, planOn, rollbackOn, runOn, textOf } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { keepsTheFourPromises } from '../four-promises.ts'
import { refusalOf } from '../refusal.ts'
import {
  COMPUTE_CONF,
  CONFIG_PY,
  fakeNova,
  MODERN,
  NOVA_CONF,
  NOVA_UNIT,
  type NovaOptions,
  PACKAGED,
} from './fake-nova.ts'
import { changedLines, restartsOf } from './fake-service.ts'

const SAFE = { modes: { file: 'none', block: 'none' } }

/** The one step that edits, as the plan shows it. */
async function planned(options: NovaOptions, params: object = {}) {
  const [plan] = await planOn(diskCachemodes, params, [fakeNova(options).host])
  return plan?.steps.find(({ step }) => step === 'disk-cachemodes-set')
}

const refusal = (options: NovaOptions, params: object = {}) =>
  refusalOf(diskCachemodes, params, () => fakeNova(options))

const libvirt = (line: string) => `[libvirt]\n${line}\n`
const faults = async (params: object) => {
  const result = await diskCachemodes.params['~standard'].validate(params)
  return result.issues?.map(({ message }) => message)
}

describe('disk-cachemodes', () => {
  keepsTheFourPromises({ runbook: diskCachemodes, params: {}, machine: fakeNova })

  it('puts the option below its commented sample and keeps every other byte', async () => {
    const { host } = fakeNova()

    const { report } = await runOn(diskCachemodes, {}, [host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(changedLines(PACKAGED[NOVA_CONF], host, NOVA_CONF)).toEqual(['+disk_cachemodes = file=writeback,block=none'])
    expect(textOf(host, NOVA_CONF)).toBe(
      PACKAGED[NOVA_CONF].replace('#disk_cachemodes =\n', '$&disk_cachemodes = file=writeback,block=none\n'),
    )
    expect([restartsOf(host, NOVA_UNIT), textOf(host, COMPUTE_CONF)]).toEqual([1, PACKAGED[COMPUTE_CONF]])
  })

  it('edits the file that decides', async () => {
    const files = {
      [NOVA_CONF]: libvirt('disk_cachemodes = file=none'),
      [COMPUTE_CONF]: libvirt('disk_cachemodes = file=directsync'),
    }
    const { host } = fakeNova({ files })

    await runOn(diskCachemodes, SAFE, [host])

    expect([textOf(host, NOVA_CONF), textOf(host, COMPUTE_CONF)]).toEqual([
      files[NOVA_CONF],
      libvirt('disk_cachemodes = file=none,block=none'),
    ])
  })

  it('warns of the option where it has no effect, and adds the one that has', async () => {
    const files = { [NOVA_CONF]: '[DEFAULT]\ndisk_cachemodes = file=none\n' }

    const step = await planned({ files }, SAFE)

    expect(step).toMatchObject({
      state: 'needed',
      text: `set [libvirt] disk_cachemodes = file=none,block=none in ${NOVA_CONF}`,
      notes: [
        {
          code: 'W_NO_EFFECT',
          text: `${NOVA_CONF} line 2: disk_cachemodes under [DEFAULT] has no effect; it is read as [libvirt] disk_cachemodes`,
        },
      ],
    })
  })

  it('tells of assignments that a later one overrides', async () => {
    const files = {
      [NOVA_CONF]: libvirt('disk_cachemodes = file=none'),
      [COMPUTE_CONF]: libvirt('disk_cachemodes = file=none,block=none'),
    }

    expect(await planned({ files }, SAFE)).toMatchObject({
      state: 'satisfied',
      notes: [
        {
          code: 'I_OVERRIDDEN',
          text: `${NOVA_CONF} line 2: [libvirt] disk_cachemodes = file=none is overridden by a later assignment`,
        },
      ],
    })
  })

  it.each([
    ['file=writeback on preallocated images', { file: 'writeback' }, 'preallocate_images = space'],
    ['block=default', { block: 'default' }, ''],
  ])('warns that nova falls back to threads with %s', async (what, modes, line) => {
    const step = await planned({ files: { [NOVA_CONF]: `[DEFAULT]\n${line}\n` } }, { modes })

    expect(step?.notes.find(({ code }) => code === 'W_IO_THREADS')?.text).toBe(
      `with ${what} nova falls back from native input and output to threads, without a word to the user`,
    )
  })

  it('is satisfied by the same modes in another order', async () => {
    const step = await planned({ files: { [COMPUTE_CONF]: libvirt('disk_cachemodes = block=none, file=writeback') } })

    expect(step).toMatchObject({ state: 'satisfied', text: expect.stringContaining('block=none, file=writeback') })
  })

  it('replaces a mode that nova would ignore', async () => {
    const step = await planned(
      { files: { [NOVA_CONF]: libvirt('disk_cachemodes = file=fast,file=none,block=none') } },
      SAFE,
    )

    expect(step?.text).toBe(`set [libvirt] disk_cachemodes = file=none,block=none in ${NOVA_CONF}`)
  })

  it('leaves modes of other disk sources where it is told so', async () => {
    const files = { [NOVA_CONF]: libvirt('disk_cachemodes = network=writeback,file=none') }

    const [replaced, merged] = await Promise.all([
      planned({ files }, SAFE),
      planned({ files }, { ...SAFE, replace: false }),
    ])

    expect([replaced?.text, merged?.text]).toEqual([
      `set [libvirt] disk_cachemodes = file=none,block=none in ${NOVA_CONF}`,
      `set [libvirt] disk_cachemodes = network=writeback,file=none,block=none in ${NOVA_CONF}`,
    ])
  })

  it('lists the guests that keep their modes until they are rebooted hard', async () => {
    const disks = fixture('virsh-9.0.0-dumpxml-disks.two-guests.debian-12').stdout

    const step = await planned({ disks })

    expect(step?.notes.find(({ code }) => code === 'I_PENDING')?.text).toBe(
      'takes effect at the next hard reboot of 6695eb01-f6a4-8304-79aa-97f2502e193f (vda has cache=none)',
    )
  })

  it('goes back to what was there, and restarts once more', async () => {
    const { host } = fakeNova()
    const journal = memoryJournal()
    await runOn(diskCachemodes, {}, [host], { journal })

    const { report } = await rollbackOn(diskCachemodes, [host], { journal })

    expect([report.hosts[0]?.result, textOf(host, NOVA_CONF)]).toEqual(['rolled-back', PACKAGED[NOVA_CONF]])
    expect(restartsOf(host, NOVA_UNIT)).toBe(2)
  })

  it('leaves the service alone where it is told so, and says what that means', async () => {
    const { host } = fakeNova()

    const { report } = await runOn(diskCachemodes, { restart: false }, [host])

    expect([report.hosts[0]?.result, restartsOf(host, NOVA_UNIT), host.pending.has(NOVA_UNIT)]).toEqual([
      'changed',
      0,
      true,
    ])
  })
})

describe('disk-cachemodes refuses', () => {
  it('a mode that nova does not know, before any host is asked, with the six that it knows', async () => {
    expect(await faults({ modes: { file: 'fast' } })).toEqual([
      'E_CACHEMODE_INVALID: one of the cache modes default, none, writethrough, writeback, directsync, unsafe',
    ])
  })

  it('a disk source that nova would accept and never use', async () => {
    expect(JSON.stringify(await diskCachemodes.params['~standard'].validate({ modes: { files: 'none' } }))).toContain(
      'E_CACHEMODE_INVALID: one of the disk sources file, block, network, mount',
    )
  })

  it('unsafe, unless it is allowed', async () => {
    const modes = { file: 'unsafe' }

    expect((await refusal({}, { modes }))[0]).toBe('E_CACHEMODE_UNSAFE')
    expect((await planned({}, { modes, allowUnsafe: true }))?.state).toBe('needed')
  })

  it('a mode that a patched nova cannot have', async () => {
    const patched = MODERN.replaceAll('driver_io', 'io')

    expect(await refusal({ files: { [CONFIG_PY]: patched } })).toEqual([
      'E_AIO_CONFLICT',
      `${CONFIG_PY} on hv-01 is patched to io='native' for every disk, which libvirt refuses with file=writeback: no such guest would start`,
    ])
  })

  it('modes through the page cache where the disks are shared', async () => {
    expect(await refusal({ fileSystem: 'nfs4' })).toEqual([
      'E_SHARED_STORAGE',
      '/var/lib/nova/instances on hv-01 is nfs4: with file=writeback live migration will be refused by libvirt',
    ])
    expect((await planned({ fileSystem: 'nfs4' }, SAFE))?.state).toBe('needed')
  })

  it('a host without the service', async () => {
    expect(await refusal({ unit: null })).toEqual([
      'E_SERVICE_MISSING',
      'no nova-compute service on hv-01; looked for nova-compute.service, openstack-nova-compute.service, devstack@n-cpu.service',
    ])
  })

  it('files that nova itself would refuse, with every line', async () => {
    const files = { [NOVA_CONF]: '[libvirt\nx\n' }

    expect(await refusal({ files })).toEqual([
      'E_CONFIG_INVALID',
      `nova-compute on hv-01 would not start: ${NOVA_CONF} line 1 is a section header without an end; ${NOVA_CONF} line 2 has neither "=" nor ":", or no key`,
    ])
  })

  it('a file that another tool writes, unless that is overridden', async () => {
    const files = { [NOVA_CONF]: '# Ansible managed\n[libvirt]\n' }

    const overridden = await planOn(diskCachemodes, {}, [fakeNova({ files }).host], { overrides: ['E_CONFIG_MANAGED'] })

    expect((await refusal({ files }))[0]).toBe('E_CONFIG_MANAGED')
    expect(overridden[0]?.state).toBe('ready')
  })
})
