const pool = { overcommit: 0, resv: 0, surplus: 0 }
/** Transparent pages are of this size, whatever the default size of static ones is. */
const pmdBytes = 2097152

/** What an audit knows of 8 pages of 2 MiB on one node and 12 on the other, and of two mounts in one place. */
export const PAGES_OF_2M = {
  cmdline: { default: null, pairs: [[2048, '16']] },
  defaultSizeKb: 2048,
  hugetlbKb: 20 * 2048,
  mounts: [
    { target: '/dev/hugepages', pagesizeKb: 2048 },
    { target: '/mnt/giants', pagesizeKb: 1048576 },
    { target: '/mnt/giants', pagesizeKb: 1048576 },
  ],
  pdpe1gb: true,
  pools: [
    { ...pool, sizeKb: 1048576, total: 0, free: 0, perNode: { 0: 0, 1: 0 } },
    { ...pool, sizeKb: 2048, total: 20, free: 20, perNode: { 0: 8, 1: 12 } },
  ],
  thp: { enabled: 'always', defrag: 'madvise', shmem: 'never', pmdBytes },
}

/** Behind a boot with one page of 1 GiB, the default size by then, and 16 of 2 MiB. */
export const PAGES_OF_BOTH = {
  cmdline: {
    default: 1048576,
    pairs: [
      [1048576, '1'],
      [2048, '16'],
    ],
  },
  defaultSizeKb: 1048576,
  hugetlbKb: 1048576 + 16 * 2048,
  pools: [
    { ...pool, sizeKb: 1048576, total: 1, free: 1 },
    { ...pool, sizeKb: 2048, total: 16, free: 16, perNode: { 0: 8, 1: 8 } },
  ],
  thp: { enabled: 'madvise', defrag: 'defer+madvise', shmem: 'advise', pmdBytes },
}
