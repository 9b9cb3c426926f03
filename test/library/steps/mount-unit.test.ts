import { describe, expect, it } from 'vitest'
import { mountConflict, mountUnitName } from '../../../src/library/steps/mount-unit.ts'

describe('the unit name of a mount point', () => {
  // Right column: what systemd-escape 252 prints for --path --suffix=mount.
  it.each([
    ['/dev/hugepages1G', 'dev-hugepages1G.mount'],
    ['/dev/huge-pages/2M', 'dev-huge\\x2dpages-2M.mount'],
    ['/mnt/.x', 'mnt-.x.mount'],
    ['/.y/ü/a:b_c.d', '\\x2ey-\\xc3\\xbc-a:b_c.d.mount'],
    ['/', '-.mount'],
    ['/mnt//two/', 'mnt-two.mount'],
  ])('of %s is %s', (path, unit) => {
    expect(mountUnitName(path)).toBe(unit)
  })
})

describe('what stands against a mount', () => {
  const mount = (type: string, options: readonly string[]) => ({ target: '/dev/hugepages1G', type, options })

  it.each([
    ['nothing where nothing is mounted', [], null],
    ['nothing where the size is right, however it is written', [mount('hugetlbfs', ['rw', 'pagesize=1024M'])], null],
    ['another size', [mount('hugetlbfs', ['pagesize=2M'])], 'is mounted with pages of 2 MiB'],
    ['another kind', [mount('tmpfs', [])], 'is a mount of tmpfs'],
    [
      'a stack',
      [mount('hugetlbfs', ['pagesize=1024M']), mount('hugetlbfs', ['pagesize=1024M'])],
      'is mounted 2 times, one over the other',
    ],
  ])('%s', (_title, there, conflict) => {
    expect(mountConflict(there, '1G')).toBe(conflict)
  })
})
