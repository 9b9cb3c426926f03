import { readHugepageArguments } from '../../src/library/formats/hugepage-arguments.ts'

/** One NUMA node of a fake machine. */
export interface FakeNode {
  readonly bytes: number
  /** How many pages of 1 GiB the node can give: memory is rarely contiguous to the end. Default: all that fit. */
  readonly giants?: number
}

/** Memory of a fake machine: what a kernel does with huge pages, by the observed rules of boot and of sysfs. */
export class FakeMemory {
  readonly nodes: readonly FakeNode[]
  /** Bytes that programs use beside the pools. */
  busy = 512 * MIB
  readonly #pools = new Map<number, number[]>()

  constructor(nodes: readonly FakeNode[]) {
    this.nodes = nodes
    this.boot('')
  }

  /** Empties the pools and fills them as the command line says, gigantic pages first. */
  boot(line: string): void {
    for (const size of [GIB, 2 * MIB])
      this.#pools.set(
        size,
        this.nodes.map(() => 0),
      )
    const { pools } = readHugepageArguments(line)
    for (const size of [GIB, 2 * MIB]) {
      const count = pools.get(size)
      if (count === undefined) continue
      for (const part of count.split(',')) {
        const [node, pages] = part.includes(':') ? part.split(':').map(Number) : [undefined, Number(part)]
        if (node === undefined) this.resize(size, pages ?? 0)
        else this.resizeNode(size, node, pages ?? 0)
      }
    }
  }

  /** Pages per node. */
  pool(size: number): readonly number[] {
    return this.#pools.get(size) ?? []
  }

  /** A write to the pool's own nr_hugepages: round robin over the nodes, as far as it goes. */
  resize(size: number, wanted: number): void {
    const pool = this.#poolOf(size)
    const sum = () => pool.reduce((all, pages) => all + pages, 0)
    while (sum() > wanted) take(pool)
    while (sum() < wanted) {
      const order = pool.map((pages, node) => ({ pages, node })).sort((a, b) => a.pages - b.pages || a.node - b.node)
      const room = order.find(({ node }) => this.#hasRoom(size, node))
      if (!room) return
      pool[room.node] = room.pages + 1
    }
  }

  /** A write to a node's nr_hugepages. */
  resizeNode(size: number, node: number, wanted: number): void {
    const pool = this.#poolOf(size)
    pool[node] = Math.min(pool[node] ?? 0, wanted)
    while ((pool[node] ?? 0) < wanted && this.#hasRoom(size, node)) pool[node] = (pool[node] ?? 0) + 1
  }

  /** The text of /proc/meminfo. */
  meminfo(): string {
    const total = this.nodes.reduce((sum, { bytes }) => sum + bytes, 0)
    const used = [...this.#pools].reduce((sum, [size, pool]) => sum + size * pool.reduce((all, one) => all + one, 0), 0)
    return `MemTotal: ${total / 1024} kB\nMemAvailable: ${Math.max(0, total - used - this.busy) / 1024} kB\n`
  }

  /** The text of all nodes' meminfo. */
  nodeMeminfo(): string {
    return this.nodes.map(({ bytes }, node) => `Node ${node} MemTotal: ${bytes / 1024} kB\n`).join('')
  }

  /** The pool files of sysfs, as `PATH=VALUE`. */
  poolFiles(): string {
    return [...this.#pools]
      .flatMap(([size, pool]) => {
        const folder = `hugepages/hugepages-${size / 1024}kB`
        const files = (root: string, pages: number) => [
          `${root}/${folder}/free_hugepages=${pages}`,
          `${root}/${folder}/nr_hugepages=${pages}`,
          `${root}/${folder}/surplus_hugepages=0`,
        ]
        const sum = pool.reduce((all, one) => all + one, 0)
        const perNode = pool.flatMap((pages, node) => files(`/sys/devices/system/node/node${node}`, pages))
        return [...files('/sys/kernel/mm', sum), ...perNode]
      })
      .join('\n')
      .concat('\n')
  }

  #poolOf(size: number): number[] {
    const pool = this.#pools.get(size)
    if (!pool) throw new RangeError(`the fake kernel has no pages of ${size} bytes`)
    return pool
  }

  #hasRoom(size: number, node: number): boolean {
    const { bytes = 0, giants = Number.POSITIVE_INFINITY } = this.nodes[node] ?? {}
    const used = [...this.#pools].reduce((sum, [one, pool]) => sum + one * (pool[node] ?? 0), 0)
    if (size === GIB && (this.#poolOf(GIB)[node] ?? 0) >= giants) return false
    return used + size <= bytes
  }
}

function take(pool: number[]): void {
  const most = pool.indexOf(Math.max(...pool))
  pool[most] = (pool[most] ?? 0) - 1
}

const MIB = 1024 ** 2
const GIB = 1024 ** 3
