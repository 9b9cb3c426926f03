/** Free pages per node, as `virsh freepages --all` lists them: node id to page bytes to free pages. */
export type FreePages = ReadonlyMap<number, ReadonlyMap<number, number>>

/**
 * Reads `virsh -r freepages --all`.
 *
 *     readFreePages('Node 0:\n4KiB: 19\n1048576KiB: 201\n').get(0)?.get(1024 ** 3)   // 201
 */
export function readFreePages(text: string): FreePages {
  const nodes = new Map<number, Map<number, number>>()
  let pages = new Map<number, number>()
  for (const line of text.split('\n')) {
    const node = /^Node (\d+):\s*$/.exec(line)
    if (node) {
      pages = new Map()
      nodes.set(Number(node[1]), pages)
      continue
    }
    const size = /^\s*(\d+)KiB:\s*(\d+)\s*$/.exec(line)
    if (size) pages.set(Number(size[1]) * 1024, Number(size[2]))
  }
  return nodes
}

/** Reads `virsh -r list --uuid` or `--name`: one guest a line, empty lines between. */
export const readGuests = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
