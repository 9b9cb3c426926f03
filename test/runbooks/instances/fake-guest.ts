/** A guest of a fake hypervisor; `next` and `now` are its memory backing. */
export interface FakeGuest {
  readonly name: string
  readonly uuid: string
  readonly memoryKib: number
  runs: boolean
  next: string
  now: string
  /** Lines of `<metadata>` and the like. */
  readonly more?: string
  readonly info?: Readonly<Record<string, string>>
}

/** A running guest of 8 GiB without a memory backing. */
export const guest = (name: string, parts: Partial<FakeGuest> = {}): FakeGuest => ({
  name,
  uuid: `00000000-0000-4000-8000-0000000000${name.charCodeAt(0).toString(16)}`,
  memoryKib: 8388608,
  runs: true,
  next: '',
  now: '',
  ...parts,
})

/** What the host tells of a guest when it is asked for it. */
export function described(one: FakeGuest | undefined): string {
  if (!one) return ''
  const xml = (backing: string) =>
    `<domain type='kvm'>\n  <name>${one.name}</name>\n  <uuid>${one.uuid}</uuid>\n  ${one.more ?? ''}\n  <memory unit='KiB'>${one.memoryKib}</memory>\n  ${backing}\n</domain>\n`
  const info = { Name: one.name, UUID: one.uuid, Persistent: 'yes', 'Managed save': 'no', ...one.info }
  const lines = Object.entries(info).map(([key, value]) => `${`${key}:`.padEnd(16)}${value}\n`)
  const resident = one.runs && !one.now.includes('<hugepages') ? `VmRSS:\t ${one.memoryKib} kB\n` : ''
  return `--- info\n${lines.join('')}--- state\n${one.runs ? 'running' : 'shut off'}\n--- job\n--- next\n${xml(one.next)}--- now\n${xml(one.runs ? one.now : one.next)}--- process\n${resident}`
}
