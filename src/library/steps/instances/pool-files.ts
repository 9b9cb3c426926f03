import { PAGE_BYTES, type PageSize } from '../../formats/bytes.ts'

/** The file that steers the pool of one size, of the whole host. Never vm.nr_hugepages: that steers the default size. */
export const poolFile = (size: PageSize): string => `/sys/kernel/mm/${tail(size)}`

/** The same of one NUMA node. */
export const nodePoolFile = (size: PageSize, node: number): string =>
  `/sys/devices/system/node/node${node}/${tail(size)}`

const tail = (size: PageSize): string => `hugepages/hugepages-${PAGE_BYTES[size] / 1024}kB/nr_hugepages`
