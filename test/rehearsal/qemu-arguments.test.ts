import { describe, expect, it } from 'vitest'
import { memoryWords, qemuArguments } from '../../src/rehearsal/vm/qemu-arguments.ts'
import { vmFiles } from '../../src/rehearsal/vm/vm-files.ts'

const machine = {
  name: 'rb-01',
  port: 26_001,
  files: vmFiles('words', 'rb-01'),
  model: {},
  accelerator: 'tcg',
} as const

const valuesOf = (words: readonly string[], option: string): readonly string[] =>
  words.flatMap((word, index) => (words[index - 1] === option ? [word] : []))

describe('the words that start a virtual machine', () => {
  it('share its processors out over nodes of their own memory', () => {
    const words = memoryWords({ nodes: [{ memory: '2G', processors: 2 }, { memory: '512M' }], pdpe1gb: false })

    expect(['-m', '-smp', '-cpu'].map((option) => valuesOf(words, option)[0])).toEqual(['2560M', '3', 'max,-pdpe1gb'])
    expect(valuesOf(words, '-numa')).toEqual([
      'node,nodeid=0,cpus=0-1,memdev=node0',
      'node,nodeid=1,cpus=2,memdev=node1',
    ])
    expect(valuesOf(words, '-object')).toEqual([
      'memory-backend-ram,id=node0,size=2G',
      'memory-backend-ram,id=node1,size=512M',
    ])
  })

  it('let it reach nothing, and this machine nothing but its sshd on loopback, whatever cards it has', () => {
    const words = qemuArguments({ ...machine, model: { cards: ['virtio', 'e1000e'] } })

    expect(valuesOf(words, '-netdev')).toEqual([
      'user,id=net0,net=10.0.2.0/24,restrict=on,hostfwd=tcp:127.0.0.1:26001-:22',
      'user,id=net1,net=10.0.3.0/24,restrict=on',
      'user,id=net2,net=10.0.4.0/24,restrict=on',
    ])
    expect(valuesOf(words, '-device').filter((word) => word.includes('netdev='))).toEqual([
      'virtio-net-pci,netdev=net0,mac=52:54:00:12:34:50',
      'virtio-net-pci,netdev=net1,mac=52:54:00:12:34:51',
      'e1000e,netdev=net2,mac=52:54:00:12:34:52',
    ])
  })
})
