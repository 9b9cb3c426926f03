import { describe, expect, it } from 'vitest'
import { cpus } from '../../../../src/library/facts/kernel/cpus.ts'
import { fixture } from '../../fixture.ts'

describe('processors', () => {
  it('are those of a small machine whose kernel knows no nohz_full', () => {
    expect(cpus.read(fixture('kernel-files-6.18.two-cpus.debian-12'))).toEqual({
      online: [0, 1],
      cores: [[0], [1]],
      nodes: new Map([[0, [0, 1]]]),
      isolated: [],
      tickless: null,
    })
  })

  it('belong together by core and node; nodes of memory alone have none', () => {
    const topology = cpus.read({
      exitCode: 0,
      stderr: '',
      stdout: [
        '/sys/devices/system/cpu/online=0-3',
        '/sys/devices/system/cpu/isolated=1,3',
        '/sys/devices/system/cpu/nohz_full=(null)',
        '/sys/devices/system/node/node1/cpulist=1,3',
        '/sys/devices/system/node/node0/cpulist=0,2',
        '/sys/devices/system/node/node2/cpulist=',
        ...[0, 1, 2, 3].map(
          (cpu) => `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list=${cpu % 2},${(cpu % 2) + 2}`,
        ),
      ].join('\n'),
    })

    expect(topology).toEqual({
      online: [0, 1, 2, 3],
      cores: [
        [0, 2],
        [1, 3],
      ],
      nodes: new Map([
        [0, [0, 2]],
        [1, [1, 3]],
      ]),
      isolated: [1, 3],
      tickless: [],
    })
  })
})
