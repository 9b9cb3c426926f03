import { describe, expect, it } from 'vitest'
import { activeWord } from '../../../src/library/formats/bracket-word.ts'
import { bytesInWords, parseBytes } from '../../../src/library/formats/bytes.ts'
import { hugetlbfsMounts, readFindmnt } from '../../../src/library/formats/findmnt.ts'
import { kernelArguments } from '../../../src/library/formats/kernel-command-line.ts'
import { readMeminfo } from '../../../src/library/formats/meminfo.ts'
import { readOsRelease } from '../../../src/library/formats/os-release.ts'
import { readPagePools } from '../../../src/library/formats/page-pools.ts'
import { readUnits } from '../../../src/library/formats/unit-properties.ts'
import { readFreePages, readGuests } from '../../../src/library/formats/virsh.ts'
import { fixture } from '../fixture.ts'

const KIB = 1024
const GIB = 1024 ** 3

describe('meminfo', () => {
  it('counts all pools in Hugetlb and only the default one in HugePages_Total', () => {
    const values = readMeminfo(fixture('proc-meminfo-6.1.partial-1g.debian-12').stdout)

    expect([values.get('HugePages_Total'), values.get('Hugepagesize'), values.get('Hugetlb')]).toEqual([
      1,
      GIB,
      (1 * 1048576 + 64 * 2048) * KIB,
    ])
  })

  it('reads the lines of a NUMA node by the same names', () => {
    const values = readMeminfo(fixture('node-meminfo-6.18.debian-12').stdout)

    expect(values.get('MemTotal')).toBe(8087756 * KIB)
  })
})

describe('lists with an active word', () => {
  it('gives the word in brackets', () => {
    expect(activeWord(fixture('sys-thp-enabled-6.1.debian-12').stdout)).toBe('madvise')
  })

  it('gives nothing where no word is in brackets', () => {
    expect(activeWord('always madvise never')).toBeNull()
  })
})

describe('sizes', () => {
  it('are powers of 1024 with letters of either case, and nothing else', () => {
    expect(['2048', '2048k', '2M', '8G', '1T', '40GG', '-1', '1.5G', ''].map(parseBytes)).toEqual([
      2048,
      2097152,
      2097152,
      8589934592,
      1099511627776,
      null,
      null,
      null,
      null,
    ])
  })

  it('are said in the largest unit that fits', () => {
    expect([512, 2097152, 101285101568].map(bytesInWords)).toEqual(['0.5 KiB', '2 MiB', '94.33 GiB'])
  })
})

describe('a kernel command line', () => {
  it('is split at blanks outside double quotes', () => {
    const line = 'BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro dyndbg="file a.c +p" crash-kernel=1M'

    expect(kernelArguments(line).map(({ key, value }) => [key, value])).toEqual([
      ['BOOT_IMAGE', '/boot/vmlinuz'],
      ['root', '/dev/vda1'],
      ['ro', null],
      ['dyndbg', 'file a.c +p'],
      ['crash_kernel', '1M'],
    ])
  })
})

describe('findmnt', () => {
  it('shows a stacked mount twice, sizes as the kernel normalises them, and blanks of paths', () => {
    const mounts = readFindmnt(fixture('findmnt-2.38.1-hugetlbfs.stacked.debian-12').stdout)

    expect(hugetlbfsMounts(mounts)).toEqual([
      { target: '/mnt/1G', pageBytes: GIB },
      { target: '/mnt/two M', pageBytes: 2 * KIB * KIB },
      { target: '/mnt/two M', pageBytes: 2 * KIB * KIB },
    ])
  })

  it('prints nothing where nothing is mounted', () => {
    expect(readFindmnt(fixture('findmnt-2.38.1-hugetlbfs.none.debian-12').stdout)).toEqual([])
  })
})

describe('os-release', () => {
  it.each([
    [fixture('os-release.debian-12').stdout, 'debian', 12],
    ['ubuntu\t24.04\tdebian\n', 'debian', 24],
    ['rocky\t9.4\trhel centos fedora\n', 'rhel', 9],
    ['ol\t8.10\tfedora\n', 'rhel', 8],
    ['arch\t\t\n', null, null],
  ])('%j', (text, family, major) => {
    expect(readOsRelease(text)).toMatchObject({ family, major })
  })
})

describe('systemctl show', () => {
  it('parts units by an empty line and tells one that does not exist', () => {
    const units = readUnits(fixture('systemctl-252-show.two-units.debian-12').stdout)

    expect([...units].map(([id, values]) => [id, values.get('LoadState'), values.get('InvocationID')])).toEqual([
      ['libvirtd.service', 'loaded', 'bdaf1a93019a4b099aed86b81b2c4c0a'],
      ['nonsense.service', 'not-found', ''],
    ])
  })
})

describe('virsh', () => {
  it('lists free pages of every size per node', () => {
    const nodes = readFreePages(fixture('virsh-9.0.0-freepages.test-driver.debian-12').stdout)

    expect([...nodes].map(([node, pages]) => [node, [...pages]])).toEqual(
      [0, 1].map((node) => [
        node,
        [
          [4 * KIB, 19],
          [8 * KIB, 45],
          [2048 * KIB, 97],
          [GIB, 201],
        ],
      ]),
    )
  })

  it('lists guests by UUID, with an empty line behind', () => {
    expect(readGuests(fixture('virsh-9.0.0-list.one-guest.debian-12').stdout)).toEqual([
      '6695eb01-f6a4-8304-79aa-97f2502e193f',
    ])
  })
})

describe('page pools', () => {
  it('are read per size and node', () => {
    const pools = readPagePools(fixture('page-pools-6.1.two-nodes.debian-12').stdout)

    const table = [...pools.values()].map(({ pageBytes, total, perNode }) => [
      bytesInWords(pageBytes),
      total,
      [...perNode].map(([node, part]) => `node${node} ${part.total}`),
    ])
    expect(table).toEqual([
      ['1 GiB', 78, ['node0 39', 'node1 39']],
      ['2 MiB', 64, ['node0 32', 'node1 32']],
    ])
  })

  it('have one implicit node 0 where the machine shows no nodes', () => {
    const pools = readPagePools('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages=5\n')

    expect([...(pools.get(2048 * KIB)?.perNode ?? [])]).toEqual([[0, { total: 5, free: 0, surplus: 0 }]])
  })

  it('do without a file that cannot be read', () => {
    const pools = readPagePools('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages=\n')

    expect(pools.size).toBe(0)
  })
})
