import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixture } from '../../library/fixture.ts'
import { cleanUp } from '../command-line.ts'
import { CONFIG_PY, changedLines, NOVA_CONF, type NovaHost, outcomeOf, refusalIn, upNovaHost } from './nova-host.ts'

/** nova's class of guest disks as of Kilo, with as much before it as Python needs to make one. */
const KILO = `from lxml import etree


class LibvirtConfigObject(object):

    def __init__(self, **kwargs):
        self.root_name = kwargs.get("root_name")

    def format_dom(self):
        return etree.Element(self.root_name)


${fixture('nova-2015.1-config-py.guest-disk').stdout}`

/** Has the host's own Python import the file and print a disk. */
const PRINT_DISK = `python3 -B -c '
import importlib.util
spec = importlib.util.spec_from_file_location("config", "${CONFIG_PY}")
config = importlib.util.module_from_spec(spec)
spec.loader.exec_module(config)
disk = config.LibvirtConfigGuestDisk()
disk.driver_name = "qemu"
disk.driver_cache = "none"
print(config.etree.tostring(disk.format_dom()).decode())'`

const INSTANCES = '/var/lib/nova/instances'
const OWNER = `stat -c '%U:%G %a' ${NOVA_CONF} ${CONFIG_PY}`

describe('disk-aio-native on a host', () => {
  let nova: NovaHost
  let packaged: { readonly conf: string; readonly code: string; readonly owners: string }

  beforeAll(async () => {
    nova = await upNovaHost()
    packaged = { conf: await nova.read(NOVA_CONF), code: await nova.read(CONFIG_PY), owners: await nova.sh(OWNER) }
  })

  afterAll(async () => {
    await nova?.set.down()
    await cleanUp()
  })

  it('configures the nova of Debian 12, leaves its code alone, and has nothing to do again', async () => {
    const first = await nova.run('disk-aio-native')
    const starts = await nova.starts()
    const second = await nova.run('disk-aio-native')

    expect([outcomeOf(first)?.result, outcomeOf(second)?.result]).toEqual(['changed', 'satisfied'])
    expect(changedLines(packaged.conf, await nova.read(NOVA_CONF))).toEqual(['+preallocate_images = space'])
    expect(await nova.read(CONFIG_PY)).toBe(packaged.code)
    expect(await nova.sh(OWNER)).toBe(packaged.owners)
    expect([starts, await nova.starts()]).toEqual([2, 2])

    await nova.rollback(first.run)
    expect(await nova.read(NOVA_CONF)).toBe(packaged.conf)
    expect(await nova.starts()).toBe(3)
  })

  it('refuses to patch it, naming the line', async () => {
    const line = (await nova.sh(`grep -n -m 1 driver_io ${CONFIG_PY}`)).split(':')[0]

    expect(refusalIn(await nova.plan('disk-aio-native', 'method=patch'))).toEqual([
      'E_PATCH_UNNEEDED',
      `this nova already supports driver_io (found at line ${line} of ${CONFIG_PY}); patching would bypass its cache-mode fallback`,
    ])
  })

  it('refuses where the instances lie on what cannot be read past the page cache', async () => {
    await nova.sh(`mount -t ramfs ramfs ${INSTANCES} && mkdir ${INSTANCES}/one && echo x >${INSTANCES}/one/disk`)
    const asked = await nova.plan('disk-aio-native')
    await nova.sh(`umount ${INSTANCES}`)

    expect(refusalIn(asked)).toEqual([
      'E_NO_O_DIRECT',
      `${INSTANCES} on rb-01 is ramfs, which refuses O_DIRECT: nova would use writeback and threads`,
    ])
  })

  it('refuses where the instances would not fit if their disks were filled', async () => {
    await nova.sh(`mount -t tmpfs -o size=64M tmpfs ${INSTANCES} && mkdir ${INSTANCES}/one ${INSTANCES}/two`)
    await nova.sh(`cd ${INSTANCES} && qemu-img create -f qcow2 one/disk 10G && qemu-img create -f raw two/disk 512M`)
    const asked = await nova.plan('disk-aio-native')
    await nova.sh(`umount ${INSTANCES}`)

    expect(refusalIn(asked)).toEqual([
      'E_SPACE',
      expect.stringMatching(
        /^\/var\/lib\/nova\/instances on rb-01 cannot hold its instances filled: 10.5 GiB of virtual disks, 6\d.* MiB free and .* allocated$/,
      ),
    ])
  })

  describe('with an old nova, which', () => {
    beforeAll(() => nova.write(CONFIG_PY, KILO))

    it('is patched with two lines, by which its disks get native input and output', async () => {
      const run = await nova.run('disk-aio-native', 'method=patch', 'restart=false')

      expect(outcomeOf(run)).toMatchObject({ result: 'changed' })
      expect(changedLines(KILO, await nova.read(CONFIG_PY))).toEqual([
        '+        self.io = "native"  # runbook disk-aio-native',
        '+            if self.io is not None: drv.set("io", self.io)  # runbook disk-aio-native',
      ])
      expect(await nova.sh(PRINT_DISK)).toBe(
        '<disk type="file"><driver name="qemu" cache="none" io="native"/></disk>\n',
      )
      expect(await nova.sh(OWNER)).toBe(packaged.owners)
      expect(outcomeOf(run)?.notes.find(({ code }) => code === 'E_PKG_OWNED')?.text).toMatch(
        `${CONFIG_PY} belongs to python3-nova 2:26.2.2`,
      )

      // The other way round it is a contradiction too.
      expect(refusalIn(await nova.plan('disk-cachemodes'))).toEqual([
        'E_AIO_CONFLICT',
        `${CONFIG_PY} on rb-01 is patched to io='native' for every disk, which libvirt refuses with file=writeback: no such guest would start`,
      ])
      await nova.rollback(run.run)
      expect(await nova.read(CONFIG_PY)).toBe(KILO)
    })

    it('is not patched beside file=writeback, naming file and line', async () => {
      const run = await nova.run('disk-cachemodes', 'restart=false')
      const line = (await nova.sh(`grep -n '^disk_cachemodes' ${NOVA_CONF}`)).split(':')[0]

      const asked = await nova.plan('disk-aio-native', 'method=patch')
      await nova.rollback(run.run)

      expect(refusalIn(asked)).toEqual([
        'E_CACHE_CONFLICT',
        `native AIO needs cache none or directsync; found file=writeback in ${NOVA_CONF}:${line}`,
      ])
      expect(await nova.read(CONFIG_PY)).toBe(KILO)
    })

    it("is not patched where the host's Python would not compile it", async () => {
      await nova.write(CONFIG_PY, `${KILO}print "of Python 2"\n`)

      const refusal = refusalIn(await nova.plan('disk-aio-native', 'method=patch'))
      await nova.sh('systemctl restart nova-compute')
      const started = (await nova.host.counted('nova-compute')).at(-1)

      const fault = "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?"
      expect(refusal).toEqual(['E_PATCH_BROKEN', `${CONFIG_PY} with the patch does not compile: ${fault}`])
      expect(started?.fault).toContain(fault)
      await nova.write(CONFIG_PY, KILO)
      await nova.sh('systemctl reset-failed nova-compute; systemctl start nova-compute')
    })

    it.each([
      ['systemd leaves it at that', 'Restart=no'],
      ['systemd has tried too often', 'StartLimitBurst=1\\nStartLimitIntervalSec=600'],
    ])(
      'is put back, and its service runs, when that does not come back with the patch, although %s',
      async (_title, setting) => {
        const section = setting.startsWith('Start') ? 'Unit' : 'Service'
        const folder = '/run/systemd/system/nova-compute.service.d'
        const picky = `[Service]\\nExecStartPre=/bin/sh -c "! grep -q native ${CONFIG_PY}"\\n[${section}]\\n${setting}\\n`
        await nova.sh(
          `mkdir -p ${folder} && printf '${picky}' >${folder}/picky.conf && systemctl daemon-reload && systemctl reset-failed nova-compute`,
        )

        const run = await nova.run('disk-aio-native', 'method=patch')
        const state = await nova.sh('systemctl is-active nova-compute')
        await nova.sh(`rm ${folder}/picky.conf && systemctl daemon-reload && systemctl reset-failed nova-compute`)

        expect([run.exitCode, state, await nova.read(CONFIG_PY)]).toEqual([3, 'active\n', KILO])
        expect(outcomeOf(run)).toMatchObject({
          result: 'rolled-back',
          text: 'after nova-compute-started-after-edit failed: 1 undone, 1 settled',
          steps: expect.arrayContaining([expect.objectContaining({ step: 'source-patched', outcome: 'undone' })]),
        })
      },
    )
  })
})
