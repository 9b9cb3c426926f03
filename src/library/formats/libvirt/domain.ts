import { readCpuList } from '../kernel/cpu-list.ts'
import type { MemoryBacking } from './memory-backing.ts'
import { childOf, readXml, type XmlElement } from './read-xml.ts'

/** A guest as libvirt knows it. */
export interface Domain {
  readonly name: string
  readonly uuid: string
  /** Does it use memory now? A paused guest does. */
  readonly runs: boolean
  readonly persistent: boolean
  readonly managedSave: boolean
  /** A migration, a save or a block job is under way. */
  readonly busy: boolean
  /** Memory that it can have, in KiB. */
  readonly memoryKib: number
  /** What it has at its next start, and what it runs with now. */
  readonly backing: { readonly next: MemoryBacking; readonly now: MemoryBacking }
  /** NUMA nodes that it may take memory from and no other; null: any; `unknown`: each of its cells has its own. */
  readonly boundTo: readonly number[] | 'unknown' | null
  readonly encrypted: boolean
  readonly nova: { readonly name: string; readonly flavor: string } | null
  /** Hardware addresses of its network cards, in small letters. */
  readonly macs: readonly string[]
  /** Devices of the host that it has for itself, by kind: `pci`, `mdev`, `usb` ... */
  readonly hostDevices: readonly string[]
  /** Bytes of its process, as the kernel counts them; 0 while it does not run. */
  readonly resident: number
  readonly hugePages: number
}

/** Reads parts that begin with `--- NAME`: info, state, job, next, now, process. Null where a part cannot be read. */
export function readDomain(text: string): Domain | null {
  const parts = new Map(text.split(/^--- /m).map((part) => [part.split('\n', 1)[0] ?? '', part.replace(/^.*\n/, '')]))
  const part = (name: string) => parts.get(name) ?? ''
  const info = (key: string) => new RegExp(`^${key}: +(.*)$`, 'm').exec(part('info'))?.[1]?.trim() ?? ''
  const next = readXml(part('next').trim())
  const now = readXml(part('now').trim())
  const state = part('state').trim().split('\n')[0] ?? ''
  if (next?.name !== 'domain' || now?.name !== 'domain' || info('UUID') === '') return null
  const figure = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(part('process'))?.[1] ?? 0) * 1024
  const job = /^Job type: +(\S+)/m.exec(part('job'))?.[1] ?? 'None'
  return {
    name: info('Name'),
    uuid: info('UUID'),
    runs: !/^(shut off|crashed)/.test(state),
    persistent: info('Persistent') === 'yes',
    managedSave: info('Managed save') === 'yes',
    busy: job !== 'None' || devices(now, 'disk').some((disk) => childOf(disk, 'mirror') !== undefined),
    memoryKib: memoryOf(next),
    backing: { next: childOf(next, 'memoryBacking'), now: childOf(now, 'memoryBacking') },
    boundTo: boundTo(next),
    encrypted: childOf(next, 'launchSecurity') !== undefined,
    nova: novaOf(next),
    macs: devices(next, 'interface').flatMap(
      (one) => childOf(one, 'mac')?.attributes.get('address')?.toLowerCase() ?? [],
    ),
    hostDevices: devices(next, 'hostdev').map(({ attributes }) => attributes.get('type') ?? ''),
    resident: figure('VmRSS'),
    hugePages: figure('HugetlbPages'),
  }
}

const devices = (domain: XmlElement, name: string): readonly XmlElement[] =>
  childOf(domain, 'devices')?.children.filter((child) => child.name === name) ?? []

/** libvirt gives every size in KiB. */
function memoryOf(domain: XmlElement): number {
  const modules = devices(domain, 'memory').filter(({ attributes }) => attributes.get('model') === 'dimm')
  const sizes = modules.map((module) => Number(childOf(childOf(module, 'target'), 'size')?.text ?? 0))
  return Number(childOf(domain, 'memory')?.text ?? 0) + sizes.reduce((sum, size) => sum + size, 0)
}

/** `preferred` and `interleave` fall back to other nodes; where libvirt places a guest only numad knows. */
function boundTo(domain: XmlElement): Domain['boundTo'] {
  const tune = childOf(domain, 'numatune')
  if (childOf(tune, 'memnode') !== undefined) return 'unknown'
  const memory = childOf(tune, 'memory')?.attributes
  if (memory === undefined || !['strict', 'restrictive'].includes(memory.get('mode') ?? 'strict')) return null
  return readCpuList(memory.get('nodeset') ?? '?') ?? 'unknown'
}

function novaOf(domain: XmlElement): Domain['nova'] {
  const instance = childOf(childOf(domain, 'metadata'), 'nova:instance')
  if (!instance) return null
  const flavor = childOf(instance, 'nova:flavor')?.attributes.get('name')
  return { name: childOf(instance, 'nova:name')?.text.trim() ?? '', flavor: flavor ?? '' }
}
