import { fact } from '../../../model/fact.ts'
import { readCpuList } from '../../formats/kernel/cpu-list.ts'
import { present } from '../answered.ts'
import { kernelFiles } from './kernel-files.ts'

const CPUS = '/sys/devices/system/cpu'

/** The processors of a host and how they belong together. */
export interface Cpus {
  readonly online: readonly number[]
  /** CPUs of one core each: hyper-threads share it. Each set stands once. */
  readonly cores: readonly (readonly number[])[]
  /** NUMA node to its CPUs; nodes of memory alone are left out. */
  readonly nodes: ReadonlyMap<number, readonly number[]>
  /** Taken out of the scheduler's balancing by isolcpus. */
  readonly isolated: readonly number[]
  /** Without a tick while one program runs; null on a kernel that cannot. */
  readonly tickless: readonly number[] | null
}

const files = kernelFiles([
  ...['online', 'isolated', 'nohz_full'].map((file) => `${CPUS}/${file}`),
  '/sys/devices/system/node/node[0-9]*/cpulist',
  `${CPUS}/cpu[0-9]*/topology/thread_siblings_list`,
])

/** The processors of a host. */
export const cpus = fact(files.question, (answer): Cpus => {
  const found = files.read(answer)
  const list = (path: string) => readCpuList(found.get(path) ?? '') ?? []
  const threads = [...found.keys()].filter((path) => path.endsWith('/thread_siblings_list')).map(list)
  const nodes = [...found.keys()].flatMap((path): readonly [number, readonly number[]][] => {
    const node = /node(\d+)\/cpulist$/.exec(path)?.[1]
    return node === undefined || list(path).length === 0 ? [] : [[Number(node), list(path)]]
  })
  return {
    online: present(readCpuList(found.get(`${CPUS}/online`) ?? ''), 'the CPUs that are online'),
    cores: [...new Map(threads.map((core) => [core.join(), core])).values()].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
    nodes: new Map(nodes.sort(([a], [b]) => a - b)),
    isolated: list(`${CPUS}/isolated`),
    tickless: found.has(`${CPUS}/nohz_full`) ? list(`${CPUS}/nohz_full`) : null,
  }
})
