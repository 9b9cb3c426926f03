import { describe, expect, it } from 'vitest'
import diskAioNative from '../../../runbooks/disk-aio-native.ts'
import { planOn, runOn, textOf } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { keepsTheFourPromises } from '../four-promises.ts'
import { refusalOf } from '../refusal.ts'
import { CONFIG_PY, fakeNova, KILO, MODERN, NOVA_CONF, NOVA_UNIT, type NovaOptions, PACKAGED } from './fake-nova.ts'
import { changedLines, restartsOf } from './fake-service.ts'

const OLD = { files: { [CONFIG_PY]: KILO } }

const refusal = (options: NovaOptions, params: object = {}) => refusalOf(diskAioNative, params, () => fakeNova(options))

async function planned(step: string, options: NovaOptions, params: object = {}) {
  const [plan] = await planOn(diskAioNative, params, [fakeNova(options).host])
  return plan?.steps.find((one) => one.step === step)
}

describe('disk-aio-native on a nova that knows driver_io', () => {
  keepsTheFourPromises({ runbook: diskAioNative, params: {}, machine: fakeNova })

  it('configures it, and leaves its code alone', async () => {
    const { host } = fakeNova()

    const { report } = await runOn(diskAioNative, {}, [host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(changedLines(PACKAGED[NOVA_CONF], host, NOVA_CONF)).toEqual(['+preallocate_images = space'])
    expect([textOf(host, CONFIG_PY), restartsOf(host, NOVA_UNIT)]).toEqual([MODERN, 1])
  })

  it('needs nothing where the instances are on LVM, unless its volumes are sparse', async () => {
    const lvm = (more: string) => ({ files: { [NOVA_CONF]: `[libvirt]\nimages_type = lvm\n${more}` } })

    const [full, sparse] = await Promise.all([
      planned('images-preallocated', lvm('')),
      planned('images-preallocated', lvm('sparse_logical_volumes = True\n')),
    ])

    expect([full?.state, sparse?.state]).toEqual(['satisfied', 'needed'])
  })

  it('warns of modes that make nova fall back, and of guests that go on without', async () => {
    const files = { [NOVA_CONF]: '[libvirt]\ndisk_cachemodes = file=writeback,block=none\n' }
    const disks = fixture('virsh-9.0.0-dumpxml-disks.two-guests.debian-12').stdout

    const step = await planned('images-preallocated', { files, disks })

    expect(step?.notes.map(({ code, text }) => `${code} ${text}`)).toEqual([
      `W_IO_THREADS with file=writeback (${NOVA_CONF}:2) nova falls back from native to threads`,
      'I_PENDING takes effect at the next hard reboot of 6695eb01-f6a4-8304-79aa-97f2502e193f (vda has io=threads)',
    ])
  })

  it('says that disks on NFS may not be filled', async () => {
    const step = await planned('images-preallocated', { fileSystem: 'nfs4' })

    expect(step?.notes).toEqual([
      {
        code: 'W_NOT_FILLED',
        level: 'warning',
        text: 'the instances lie on nfs4: before NFS 4.2 nova cannot fill disks there, and native input and output waits while they grow',
      },
    ])
  })

  it('refuses to patch it, naming the line', async () => {
    expect(await refusal({}, { method: 'patch' })).toEqual([
      'E_PATCH_UNNEEDED',
      `this nova already supports driver_io (found at line 16 of ${CONFIG_PY}); patching would bypass its cache-mode fallback`,
    ])
  })

  it('patches it all the same where that is overridden', async () => {
    const { host } = fakeNova()

    const { report } = await runOn(diskAioNative, { method: 'patch' }, [host], { overrides: ['E_PATCH_UNNEEDED'] })

    expect([report.hosts[0]?.result, changedLines(MODERN, host, CONFIG_PY).length]).toEqual(['changed', 2])
  })

  it('refuses where the instances could not be filled', async () => {
    const image = (size: number) =>
      `{\n    "virtual-size": ${size},\n    "filename": "disk",\n    "format": "qcow2",\n    "actual-size": 1073741824\n}\n`
    const space = `/dev/vda1 100000000 90000000 10485760 90% /\n${image(10 * 1024 ** 3)}${image(5 * 1024 ** 3)}`

    expect(await refusal({ space })).toEqual([
      'E_SPACE',
      '/var/lib/nova/instances on hv-01 cannot hold its instances filled: 15 GiB of virtual disks, 10 GiB free and 2 GiB allocated',
    ])
  })

  it('refuses where files cannot be read past the page cache, or could not be', async () => {
    const none = { exitCode: 2 }

    expect(await refusal({ fileSystem: 'fuse.mergerfs', direct: { exitCode: 1 } })).toEqual([
      'E_NO_O_DIRECT',
      '/var/lib/nova/instances on hv-01 is fuse.mergerfs, which refuses O_DIRECT: nova would use writeback and threads',
    ])
    expect((await refusal({ fileSystem: 'tmpfs', direct: none }))[0]).toBe('E_NO_O_DIRECT')
    expect((await planned('images-preallocated', { fileSystem: 'ext4', direct: none }))?.state).toBe('needed')
  })
})

describe('disk-aio-native on a nova that does not', () => {
  keepsTheFourPromises({ runbook: diskAioNative, params: {}, machine: () => fakeNova(OLD) })

  it('adds exactly two lines to its code', async () => {
    const { host } = fakeNova(OLD)

    const { report } = await runOn(diskAioNative, { method: 'patch' }, [host])

    expect(report.hosts[0]?.result).toBe('changed')
    expect(changedLines(KILO, host, CONFIG_PY)).toEqual([
      '+        self.io = "native"  # runbook disk-aio-native',
      '+            if self.io is not None: drv.set("io", self.io)  # runbook disk-aio-native',
    ])
    expect([textOf(host, NOVA_CONF), restartsOf(host, NOVA_UNIT)]).toEqual([PACKAGED[NOVA_CONF], 1])
  })

  it('says that an upgrade of its package takes them away', async () => {
    expect((await planned('source-patched', OLD))?.notes).toEqual([
      {
        code: 'E_PKG_OWNED',
        level: 'warning',
        text: `${CONFIG_PY} belongs to python3-nova 2:26.2.2-1~deb12u5: its next upgrade takes the patch away, and a later plan will say so`,
      },
    ])
  })

  it('refuses while a cache mode goes through the page cache, naming file and line', async () => {
    const files = { ...OLD.files, [NOVA_CONF]: '[libvirt]\ndisk_cachemodes = file=writeback\n' }

    expect(await refusal({ files }, { method: 'patch' })).toEqual([
      'E_CACHE_CONFLICT',
      `native AIO needs cache none or directsync; found file=writeback in ${NOVA_CONF}:2`,
    ])
  })

  it('says that a checkout takes it away from a work tree of git', async () => {
    const path = '/opt/stack/nova/nova/virt/libvirt/config.py'
    const source = `python 1000 1000 /usr/bin/python3\nservice ${path}\nfound ${path}\n`

    const step = await planned('source-patched', { files: { [path]: KILO }, source })

    expect(step?.notes.map(({ code }) => code)).toContain('W_GIT_TREE')
  })

  it('refuses where nova itself would take a mode that libvirt refuses beside it', async () => {
    expect(await refusal({ ...OLD, fileSystem: 'ramfs', direct: { exitCode: 2 } })).toEqual([
      'E_NO_O_DIRECT',
      "/var/lib/nova/instances on hv-01 is ramfs, which refuses O_DIRECT: nova would use writeback, which libvirt refuses beside io='native'",
    ])
  })

  it('refuses where an anchor stands twice in the class', async () => {
    const twice = KILO.replace('        self.backing_store = None\n', '$&$&')

    expect(await refusal({ files: { [CONFIG_PY]: twice } })).toEqual([
      'E_PATCH_ANCHOR',
      `${CONFIG_PY}: "self.backing_store = None" is expected once in LibvirtConfigGuestDisk; found 2 times`,
    ])
  })

  it('refuses a patch that its interpreter does not compile', async () => {
    const compiles = { exitCode: 1, stderr: 'Traceback\n  File "config.py"\nTabError: inconsistent use of tabs\n' }

    expect((await refusal({ ...OLD, compiles }))[1]).toBe(
      `${CONFIG_PY} with the patch does not compile: TabError: inconsistent use of tabs`,
    )
  })

  it('puts everything back by itself when the service does not stay up', async () => {
    const broken = (host: Parameters<NonNullable<NovaOptions['after']>>[0]) =>
      textOf(host, CONFIG_PY) === KILO ? 'active' : 'activating'
    const { host } = fakeNova({ ...OLD, after: broken })

    const { report } = await runOn(diskAioNative, {}, [host])

    expect(report.hosts[0]).toMatchObject({
      result: 'rolled-back',
      text: expect.stringContaining('1 undone, 1 settled'),
    })
    expect([textOf(host, CONFIG_PY), restartsOf(host, NOVA_UNIT), report.exitCode]).toEqual([KILO, 2, 3])
  })
})

describe('disk-aio-native refuses a host whose nova', () => {
  it('is nowhere', async () => {
    expect((await refusal({ source: '' }))[0]).toBe('E_NOVA_MISSING')
  })

  it('is there twice while the service does not run', async () => {
    const other = '/opt/stack/nova/nova/virt/libvirt/config.py'

    expect(await refusal({ source: `found ${CONFIG_PY}\nfound ${other}\n` })).toEqual([
      'E_NOVA_AMBIGUOUS',
      `hv-01 has several: ${CONFIG_PY}, ${other}; nova-compute does not run, so that nothing tells which one it imports`,
    ])
  })

  it('is in a container', async () => {
    expect((await refusal({ source: 'nova_compute\n' }))[0]).toBe('E_CONTAINERISED')
    expect((await planned('images-preallocated', { source: 'nova_compute\n' }, { method: 'preallocate' }))?.state).toBe(
      'needed',
    )
  })

  it('holds half of the patch', async () => {
    const half = KILO.replace('        self.backing_store = None\n', '$&        self.io = "native"\n')

    expect((await refusal({ files: { [CONFIG_PY]: half } }))[0]).toBe('E_PATCH_ANCHOR')
  })
})

describe('disk-aio-native', () => {
  it('never converts running guests', async () => {
    const result = await diskAioNative.params['~standard'].validate({ convertRunning: true })

    expect(result.issues?.[0]?.message).toContain('live guests are never rewritten')
  })
})
