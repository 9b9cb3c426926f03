/** One pool of static huge pages, as sysfs shows it. All numbers are pages. */
export interface PagePool {
  readonly pageBytes: number
  readonly total: number
  readonly free: number
  readonly reserved: number
  readonly surplus: number
  readonly overcommit: number
  /** Node id to its part. A machine without node folders has one implicit node 0. */
  readonly perNode: ReadonlyMap<number, NodePool>
}

export interface NodePool {
  readonly total: number
  readonly free: number
  readonly surplus: number
}

const POOL_FILE =
  /^\/sys\/(?:kernel\/mm|devices\/system\/node\/node(\d+))\/hugepages\/hugepages-(\d+)kB\/(\w+)=(\d+)$/gm

/**
 * Reads lines of `PATH=VALUE` over the pool files of sysfs. Files that could not be read have no number and are left out.
 * Gives the pools by page bytes.
 */
export function readPagePools(text: string): ReadonlyMap<number, PagePool> {
  const values = new Map<string, number>()
  const sizes = new Set<number>()
  const nodes = new Set<number>()
  for (const [, node = '', kibi = '', file = '', value] of text.matchAll(POOL_FILE)) {
    values.set(`${node}/${kibi}/${file}`, Number(value))
    if (node === '') sizes.add(Number(kibi))
    else nodes.add(Number(node))
  }
  const part = (node: number | '', kibi: number): NodePool => {
    const file = (name: string) => values.get(`${node}/${kibi}/${name}`) ?? 0
    return { total: file('nr_hugepages'), free: file('free_hugepages'), surplus: file('surplus_hugepages') }
  }
  const pools = [...sizes].map((kibi): [number, PagePool] => {
    const whole = part('', kibi)
    const perNode =
      nodes.size === 0
        ? [[0, whole] as const]
        : [...nodes].sort((a, b) => a - b).map((id) => [id, part(id, kibi)] as const)
    const rest = {
      reserved: values.get(`/${kibi}/resv_hugepages`) ?? 0,
      overcommit: values.get(`/${kibi}/nr_overcommit_hugepages`) ?? 0,
    }
    return [kibi * 1024, { pageBytes: kibi * 1024, ...whole, ...rest, perNode: new Map(perNode) }]
  })
  return new Map(pools)
}
