import { describe, expect, it } from 'vitest'
import { guestPlacements } from '../../../../src/library/facts/kernel/placement.ts'
import { readGuestPlacements } from '../../../../src/library/formats/libvirt/guest-placement.ts'
import { fixture } from '../../fixture.ts'
import { inShell } from '../../in-shell.ts'

const asked = guestPlacements({ memory: true })

describe('where guests live', () => {
  it('is where libvirt says that they run and may run', () => {
    expect(asked.read(fixture('virsh-9.0.0-placement.test-driver.debian-12'))).toEqual([
      {
        name: 'test',
        vcpus: [0, 1].map((vcpu) => ({ vcpu, cpu: 15, affinity: [0, 1, 2, 3, 4, 5, 6, 7] })),
        emulator: [0, 1, 2, 3, 4, 5, 6, 7],
        numaMode: '',
        numaNodes: [],
        devices: [],
        memory: {},
      },
    ])
  })

  it('is told of devices by the address that the host has for them', () => {
    const hostdevs = `    <hostdev mode='subsystem' type='pci' managed='yes'>
      <driver name='vfio'/>
      <source>
        <address domain='0x0000' bus='0x3b' slot='0x02' function='0x1'/>
      </source>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x06' function='0x0'/>
    </hostdev>
    <hostdev mode='subsystem' type='usb'><source><address bus='1' device='3'/></source></hostdev>`

    expect(readGuestPlacements(`=== web\n--- hostdevs\n${hostdevs}\n`)[0]?.devices).toEqual(['0000:3b:02.1'])
  })

  it('is nowhere on a host without virsh, and unknown where libvirt does not answer', () => {
    const down = inShell(`virsh() { return 1; }; ${asked.question.text}`, [], {})

    expect([asked.read({ exitCode: 0, stdout: '', stderr: '' }), asked.read(down)]).toEqual([[], null])
  })

  it('is asked of each guest by a real shell, its memory from the mappings of its process', () => {
    const virsh = `virsh() { case "$2" in list) printf 'web 1\\n\\n' ;; vcpuinfo) [ "$4" = 'web 1' ] && printf 'VCPU: 0\\nCPU: N/A\\nCPU Affinity: -y--\\n' ;; numatune) printf 'numa_mode : strict\\nnuma_nodeset : 1\\n' ;; dumpxml) printf '<a/>\\n<hostdev>\\n</hostdev>\\n' ;; esac; }`
    const maps = [
      '7f00 bind:1 file=/dev/hugepages huge dirty=2 N0=1 N1=3 kernelpagesize_kB=1048576',
      '5500 default heap anon=10 dirty=10 N0=10 kernelpagesize_kB=4',
      '5600 default file=/usr/bin/qemu mapped=3',
    ]

    const answer = inShell(`${virsh}; ${asked.question.text}`, ['/run', '/proc'], {
      '/run/libvirt/qemu/web 1.pid': '4711\n',
      '/proc/4711/numa_maps': `${maps.join('\n')}\n`,
    })

    expect(asked.read(answer)).toEqual([
      {
        name: 'web 1',
        vcpus: [{ vcpu: 0, cpu: null, affinity: [1] }],
        emulator: [],
        numaMode: 'strict',
        numaNodes: [1],
        devices: [],
        memory: { 0: 1048576 + 40, 1: 3 * 1048576 },
      },
    ])
  })
})
