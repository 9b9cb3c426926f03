/** One feature of a network interface that the kernel tells of. */
export interface Feature {
  /** The kernel's name; the name of a group that has no member beside itself. */
  readonly name: string
  readonly active: boolean
  /** What was asked for: it differs from `active` where another feature forbids it. */
  readonly requested: boolean
  /** The driver never changes it. */
  readonly fixed: boolean
}

/** The features of an interface by name, groups resolved into their members. */
export type Features = ReadonlyMap<string, Feature>

/** What a feature shall be. */
export type Switch = 'on' | 'off'

/**
 * Reads blocks of `interface NAME` and the answer of `ethtool --json -k NAME`, or of `ethtool -k NAME` where the tool
 * has no JSON. Interfaces that gave no answer are left out.
 */
export function readFeatures(text: string): ReadonlyMap<string, Features> {
  const parts = text.split(/^interface (\S+)\n/m).slice(1)
  const blocks = Array.from({ length: parts.length / 2 }, (_, at) => [parts[at * 2], parts[at * 2 + 1]] as const)
  return new Map(
    blocks.flatMap(([name = '', block = '']) => {
      const rows = block.trimStart().startsWith('[') ? readJson(block) : readText(block)
      return rows.length === 0 ? [] : [[name, new Map(rows.map((row) => [row.name, row]))] as const]
    }),
  )
}

/** The features that a name stands for: `tso` for all of TCP segmentation. Empty where the interface knows none. */
export function featuresNamed(features: Features, name: string): readonly Feature[] {
  const group = GROUPS.find(({ short, long }) => name === short || name === long)
  const itself = features.get(group?.long ?? name)
  const members =
    group?.members === undefined ? [] : [...features.values()].filter((one) => group.members?.test(one.name))
  return itself ? [itself] : members
}

/** The name by which every ethtool knows a feature: an old one knows `gso` and no longer name. */
export const nameForTool = (name: string): string => GROUPS.find(({ long }) => long === name)?.short ?? name

function readJson(block: string): readonly Feature[] {
  const [answer] = JSON.parse(block) as readonly Readonly<Record<string, unknown>>[]
  return Object.entries(answer ?? {}).flatMap(([name, row]) => {
    // A group with members has nulls: its members follow as rows of their own.
    const { active, requested, fixed } = Object(row) as Record<string, unknown>
    if (typeof active !== 'boolean' || typeof fixed !== 'boolean') return []
    return [{ name, active, requested: typeof requested === 'boolean' ? requested : active, fixed }]
  })
}

const ROW = /^(\s*)([A-Za-z0-9_-]+): (on|off)(?: \[(fixed|requested on|requested off|not requested)\])?$/

function readText(block: string): readonly Feature[] {
  const lines = block.split('\n')
  return lines.flatMap((line, at) => {
    const [, , name, active, mark] = ROW.exec(line) ?? []
    const isGroup = !/^\s/.test(line) && /^\s+\S/.test(lines[at + 1] ?? '')
    if (name === undefined || isGroup) return []
    const requested = mark === 'requested on' || (mark !== 'requested off' && active === 'on')
    return [{ name, active: active === 'on', requested, fixed: mark === 'fixed' }]
  })
}

interface Group {
  readonly short: string
  readonly long: string
  /** The kernel's names within it, as ethtool itself picks them. */
  readonly members?: RegExp
}

const GROUPS: readonly Group[] = [
  { short: 'rx', long: 'rx-checksumming' },
  { short: 'tx', long: 'tx-checksumming', members: /^tx-checksum-/ },
  { short: 'sg', long: 'scatter-gather', members: /^tx-scatter-gather/ },
  { short: 'tso', long: 'tcp-segmentation-offload', members: /^tx-tcp.*-segmentation$/ },
  { short: 'ufo', long: 'udp-fragmentation-offload', members: /^tx-udp-fragmentation$/ },
  { short: 'gso', long: 'generic-segmentation-offload' },
  { short: 'gro', long: 'generic-receive-offload' },
  { short: 'lro', long: 'large-receive-offload' },
  { short: 'rxvlan', long: 'rx-vlan-offload' },
  { short: 'txvlan', long: 'tx-vlan-offload' },
  { short: 'ntuple', long: 'ntuple-filters' },
  { short: 'rxhash', long: 'receive-hashing' },
]
