import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fileSystemUnder, guestDisks } from '../../../../src/library/facts/openstack/instances.ts'
import { compiledBy, novaSource } from '../../../../src/library/facts/openstack/nova-source.ts'
import { existingConfigs, novaCompute } from '../../../../src/library/facts/openstack/services.ts'
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
