import { sh } from '../../model/command.ts'
import { fact } from '../../model/fact.ts'
import { type Meminfo, readMeminfo } from '../formats/meminfo.ts'
import { readPagePools } from '../formats/page-pools.ts'
import { answered, present } from './answered.ts'

/** Memory of a host or of one NUMA node, in bytes. */
export interface Memory {
  readonly total: number
  /** What can be had without swapping; a node does not tell. */
  readonly available: number | null
}

/** Every figure of /proc/meminfo by its name. */
export const memoryFigures = fact(
  sh`cat /proc/meminfo`,
  (answer): Meminfo => readMeminfo(answered(answer, 'its memory')),
)

/** Memory of the whole host. */
export const memory = fact(memoryFigures.question, (answer): Memory => {
  const values = memoryFigures.read(answer)
  return { total: total(values), available: present(values.get('MemAvailable'), 'MemAvailable in /proc/meminfo') }
})

/** How many zones of memory hold any, on all nodes, but those that only movable pages and devices use. */
export const memoryZones = fact(sh`cat /proc/zoneinfo`, (answer): number => {
  const zones = answered(answer, 'its zones of memory').split(/^(?=Node )/m)
  return zones.filter((text) => /^Node \d+, zone +(DMA|DMA32|Normal)\n/.test(text) && /^ +present +[1-9]/m.test(text))
    .length
})

/** Bytes of each NUMA node that has memory, by node id; empty where the kernel knows no nodes. */
export const numaNodes = fact(
  sh`for f in /sys/devices/system/node/node[0-9]*/meminfo; do if [ -e "$f" ]; then cat "$f"; fi; done`,
  (answer): ReadonlyMap<number, number> => {
    const lines = answered(answer, 'its NUMA nodes').split('\n')
    const nodes = lines.filter((line) => /^Node \d+ MemTotal:/.test(line))
    const sizes = nodes.map((line): [number, number] => [Number(line.split(' ')[1]), total(readMeminfo(line))])
    return new Map(sizes.filter(([, bytes]) => bytes > 0))
  },
)

/** Bytes of each NUMA node that can be had without swapping, by node id. */
export const nodeAvailable = fact(numaNodes.question, (answer): ReadonlyMap<number, number> => {
  const lines = Map.groupBy(answered(answer, 'its NUMA nodes').split('\n'), (line) => /^Node (\d+) /.exec(line)?.[1])
  const figures = [...lines].flatMap(([node, own]): readonly [number, Meminfo][] =>
    node === undefined ? [] : [[Number(node), readMeminfo(own.join('\n'))]],
  )
  const names = ['MemFree', 'Inactive(file)', 'SReclaimable']
  return new Map(figures.map(([node, values]) => [node, names.reduce((sum, name) => sum + (values.get(name) ?? 0), 0)]))
})

/** The pools of static huge pages, per size and node. */
export const pagePools = fact(
  sh`for f in /sys/kernel/mm/hugepages/hugepages-*kB/*_hugepages /sys/devices/system/node/node[0-9]*/hugepages/hugepages-*kB/*_hugepages; do if [ -r "$f" ]; then printf '%s=%s\\n' "$f" "$(cat "$f" 2>/dev/null)"; fi; done`,
  (answer) => readPagePools(answered(answer, 'its page pools')),
)

/** What the kernel said about static huge pages since boot. Empty where the log may not be read. */
export const hugepageLog = fact(sh`dmesg | grep -F HugeTLB`, ({ stdout }) =>
  stdout.split('\n').filter((line) => line !== ''),
)

const total = (values: Meminfo): number => present(values.get('MemTotal'), 'MemTotal')
