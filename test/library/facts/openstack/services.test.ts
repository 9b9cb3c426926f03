import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  fileSystemUnder,
  guestDisks,
  instanceSpace,
  readsDirectly,
} from '../../../../src/library/facts/openstack/instances.ts'
import { compiledBy, novaSource } from '../../../../src/library/facts/openstack/nova-source.ts'
import { existingConfigs, novaCompute } from '../../../../src/library/facts/openstack/services.ts'
import { packageOwning } from '../../../../src/library/facts/packages.ts'
import { askShell } from '../../shell-with.ts'

const unit = (id: string, load: string, active: string, pid: number) =>
  `echo "MainPID=${pid}"; echo "Id=${id}"; echo "LoadState=${load}"; echo "ActiveState=${active}"`
const systemctl = (pid: number, active: string) =>
  [
    unit('nova-compute.service', 'not-found', 'inactive', 0),
    unit('openstack-nova-compute.service', 'loaded', active, pid),
    unit('devstack@n-cpu.service', 'loaded', 'inactive', 0),
  ].join('; echo; ')
const me = { user: process.getuid?.() ?? 0, group: process.getgid?.() ?? 0 }

describe('a service of OpenStack', () => {
  it('is the unit that runs, with the words that it was started with', () => {
    const words = readFileSync(`/proc/${process.pid}/cmdline`, 'utf8')
      .split(/[\0\n]/)
      .filter((word) => word !== '')

    const found = askShell(novaCompute.process, { systemctl: systemctl(process.pid, 'active') })

    expect(found.unit).toBe('openstack-nova-compute.service')
    expect(found.words).toEqual(words)
  })

  it('is the unit that is installed where none runs, and none where none is', () => {
    const stopped = askShell(novaCompute.process, { systemctl: systemctl(0, 'inactive') })
    const missing = askShell(novaCompute.process, {
      systemctl: unit('nova-compute.service', 'not-found', 'inactive', 0),
    })

    expect([stopped, missing]).toEqual([
      { unit: 'openstack-nova-compute.service', words: [] },
      { unit: null, words: [] },
    ])
  })

  it('has those files that exist, folders in the order of their names', () => {
    const files = {
      '/etc/nova/nova.conf': '',
      '/etc/nova/nova.conf.d/20-b.conf': '',
      '/etc/nova/nova.conf.d/10-a.conf': '',
    }
    const sources = [
      { kind: 'folder', path: '/etc/nova/nova.conf.d' },
      { kind: 'file', path: '/etc/nova/none.conf' },
      { kind: 'file', path: '/etc/nova/nova.conf' },
    ] as const

    expect(askShell(existingConfigs(sources), {}, files)).toEqual([
      '/etc/nova/nova.conf.d/10-a.conf',
      '/etc/nova/nova.conf.d/20-b.conf',
      '/etc/nova/nova.conf',
    ])
  })
})

describe("nova's own file", () => {
  it('is asked of the interpreter of the service, as the user of the service', () => {
    const setpriv = 'shift 5; shift; echo "service /venv/lib/nova/virt/libvirt/config.py"'

    const found = askShell(novaSource(novaCompute), {
      systemctl: systemctl(process.pid, 'active'),
      setpriv,
      docker: 'true',
    })

    expect(found).toMatchObject({
      running: { python: { user: me.user, group: me.group }, path: '/venv/lib/nova/virt/libvirt/config.py' },
      container: false,
    })
  })

  it('is not what an interpreter names that lies', () => {
    const setpriv = 'echo "service /etc/shadow"'

    expect(
      askShell(novaSource(novaCompute), { systemctl: systemctl(process.pid, 'active'), setpriv }).running,
    ).toBeNull()
  })

  it('may lie in a container', () => {
    const programs = { systemctl: systemctl(0, 'inactive'), podman: 'echo nova_compute; echo nova_libvirt' }

    expect(askShell(novaSource(novaCompute), programs).container).toBe(true)
  })

  it('compiles in memory, or says why not', () => {
    const python = { path: '/usr/bin/env', user: 0, group: 0 }
    const setpriv = 'shift 5; shift; shift; case "$(cat)" in *"(") echo "SyntaxError: never closed" >&2; exit 1;; esac'

    expect([
      askShell(compiledBy(python, 'x = 1\n'), { setpriv }),
      askShell(compiledBy(python, 'x = ('), { setpriv }),
    ]).toEqual([null, 'SyntaxError: never closed'])
  })
})

describe('the disks of running guests', () => {
  const dump = `<domain><metadata><nova:x/></metadata><devices>
    <disk type='file' device='disk'>
      <driver name='qemu' cache='none'/>
      <target dev='vda'/>
    </disk>
    <interface type='bridge'/>
  </devices></domain>`
  const virsh = (list: string) => `case $2 in list) ${list};; *) cat <<'X'\n${dump}\nX\n;; esac`

  it('are cut out of the description of each guest', () => {
    expect(askShell(guestDisks, { virsh: virsh('echo one; echo two; echo') })).toEqual([
      { guest: 'one', source: 'file', target: 'vda', cache: 'none', io: null },
      { guest: 'two', source: 'file', target: 'vda', cache: 'none', io: null },
    ])
  })

  it('are none without virsh, and unknown where libvirt does not answer', () => {
    expect([askShell(guestDisks, { virsh: 'exit 127' }), askShell(guestDisks, { virsh: virsh('exit 1') })]).toEqual([
      [],
      null,
    ])
  })
})

describe('a file system', () => {
  it('is known where the path exists', () => {
    expect([askShell(fileSystemUnder('/proc')), askShell(fileSystemUnder('/none/such'))]).toEqual(['proc', null])
  })
})

describe('the folder of instances', () => {
  const image = (size: number) =>
    `printf '{\\n    "virtual-size": ${size},\\n    "filename": "d",\\n    "format": "qcow2",\\n    "actual-size": 4096\\n}\\n'`
  const files = { '/vm/one/disk': 'x', '/vm/one/disk.info': '{}', '/vm/two/disk': 'x', '/vm/_base/a': 'x' }

  it('has the disks of its instances, and the room around them', () => {
    const programs = { 'qemu-img': image(1024 ** 3), df: 'echo Filesystem; echo "/dev/vda1 100 40 60 40% /"' }

    expect(askShell(instanceSpace('/vm/'), programs, files)).toEqual({
      virtualBytes: 2 * 1024 ** 3,
      actualBytes: 8192,
      freeBytes: 60 * 1024,
    })
  })

  it('is unknown where it is not there', () => {
    expect([askShell(instanceSpace('/none/such')), askShell(readsDirectly('/none/such'))]).toEqual([null, null])
  })

  it('tells by any file of it whether files are read past the page cache', () => {
    const asked = (exit: number) => askShell(readsDirectly('/vm/'), { dd: `exit ${exit}` }, files)

    expect([asked(0), asked(1)]).toEqual([true, false])
  })
})

describe('a package', () => {
  it('owns a file, or none does', () => {
    const programs = { 'dpkg-query': 'case $1 in -S) echo "python3-nova: /x";; *) echo "python3-nova 2:26.2.2";; esac' }

    expect([
      askShell(packageOwning('/x'), programs),
      askShell(packageOwning('/x'), { 'dpkg-query': 'exit 1' }),
    ]).toEqual(['python3-nova 2:26.2.2', null])
  })
})
