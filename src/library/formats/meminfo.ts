/** Values of /proc/meminfo or of a NUMA node's meminfo by name: bytes where the line says kB, else a plain count. */
export type Meminfo = ReadonlyMap<string, number>

/**
 * Reads /proc/meminfo, and a node's meminfo whose lines begin with `Node N`. Unknown lines are kept, malformed ones left out.
 *
 *     readMeminfo('MemTotal:  2032184 kB\nHugePages_Total: 1').get('MemTotal')   // 2080956416
 */
export function readMeminfo(text: string): Meminfo {
  const lines = text.matchAll(/^(?:Node\s+\d+\s+)?([^\s:]+):\s+(\d+)(\s+kB)?\s*$/gm)
  return new Map([...lines].map(([, name = '', value, kibi]) => [name, Number(value) * (kibi ? 1024 : 1)]))
}
