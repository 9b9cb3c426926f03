import { describe, expect, it } from 'vitest'
import { swaps, swapUnits } from '../../../../src/library/facts/kernel/swap.ts'
import { swapLines, withoutSwapLines } from '../../../../src/library/formats/kernel/swaps.ts'
import { fixture } from '../../fixture.ts'

describe('/proc/swaps', () => {
  it('has only a header where nothing is swapped to', () => {
    expect(swaps.read(fixture('proc-swaps-6.18.none.debian-12'))).toEqual([])
  })

  it('lists swaps in their order, blanks in paths and all', () => {
    const text =
      'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/vda2                               partition\t1046524\t\t2048\t\t-2\n/var/swap\\040file                        file\t\t524284\t\t0\t\t5\n'

    expect(swaps.read({ exitCode: 0, stdout: text, stderr: '' })).toEqual([
      { path: '/dev/vda2', kind: 'partition', usedBytes: 2097152, priority: -2 },
      { path: '/var/swap file', kind: 'file', usedBytes: 0, priority: 5 },
    ])
  })
})

describe('fstab', () => {
  it('has its lines of swap made comments, and every other byte kept', () => {
    const text =
      '# swap\n/dev/a none swap sw 0 0\n\t/dev/b  swap\tswap defaults\n/dev/c /swap ext4 defaults 0 2\n#/dev/d none swap sw'

    expect(swapLines(text).map(({ line }) => line)).toEqual([2, 3])
    expect(withoutSwapLines(text)).toBe(
      '# swap\n# swap-and-reclaim: /dev/a none swap sw 0 0\n# swap-and-reclaim: \t/dev/b  swap\tswap defaults\n/dev/c /swap ext4 defaults 0 2\n#/dev/d none swap sw',
    )
  })
})

describe('units that switch a swap on', () => {
  it('are those with a file that is neither masked nor a service that nobody starts', () => {
    const block = (id: string, load: string, file: string, path: string) =>
      `Id=${id}\nLoadState=${load}\nUnitFileState=${file}\nFragmentPath=${path}\n`
    const stdout = [
      block('zramswap.service', 'loaded', 'disabled', '/lib/systemd/system/zramswap.service'),
      block('zram-config.service', 'not-found', '', ''),
      block('dev-vda2.swap', 'loaded', 'generated', '/run/systemd/generator/dev-vda2.swap'),
      block('dev-disk-by\\x2dlabel-s.swap', 'loaded', '', ''),
      block('dev-vdb1.swap', 'masked', 'masked', '/etc/systemd/system/dev-vdb1.swap'),
      block('mine.swap', 'loaded', 'enabled', '/etc/systemd/system/mine.swap'),
      block('systemd-zram-setup@zram0.service', 'loaded', 'static', '/lib/systemd/system/systemd-zram-setup@.service'),
    ].join('\n')

    expect(swapUnits.read({ exitCode: 0, stdout, stderr: '' })).toEqual([
      { unit: 'dev-vda2.swap', ownFile: false },
      { unit: 'mine.swap', ownFile: true },
      { unit: 'systemd-zram-setup@zram0.service', ownFile: false },
    ])
  })
})
