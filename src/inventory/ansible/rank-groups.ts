import { addChild, addHost, type CollectedGroup, type Collection, type ReportAt } from './sources/collection.ts'

/** How groups stand to each other. */
export interface RankedGroups {
  /** Every group that is above one of these, and these, but `all`; the farthest first, so that later ones win. */
  readonly above: (groups: ReadonlySet<string>) => readonly CollectedGroup[]
  /** Hosts of a group and of all below it, as Ansible counts them: its own first, then those of its children. */
  readonly members: ReadonlyMap<string, readonly string[]>
}

/**
 * Puts groups under `all` that nothing holds, and hosts into `ungrouped` that no group has. The farther from `all` a
 * group is, the nearer it is to its hosts; of equally far ones the higher priority, then the later name wins.
 * A circle is reported with its path.
 */
export function rankGroups(collection: Collection, report: ReportAt): RankedGroups {
  const { groups, hosts } = collection
  const parents = parentsOf(collection)
  for (const name of groups.keys()) {
    if (name === 'all' || parents.get(name)?.size) continue
    addChild(collection, 'all', name)
    parents.set(name, new Set(['all']))
  }
  for (const { name, groups: own } of hosts.values()) {
    const real = [...own].some((group) => group !== 'all' && group !== 'ungrouped')
    if (real && own.delete('ungrouped')) groups.get('ungrouped')?.hosts.delete(name)
    else if (!real) addHost(collection, name, 'ungrouped')
  }
  const depths = depthsOf(collection, { parents, report })
  const above = (names: ReadonlySet<string>): readonly CollectedGroup[] => {
    const found = new Set(names)
    for (const name of found) for (const parent of parents.get(name) ?? []) found.add(parent)
    found.delete('all')
    return [...found].flatMap((name) => groups.get(name) ?? []).sort((a, b) => compare(a, b, depths))
  }
  const members = new Map([...groups.keys()].map((name) => [name, membersOf(name, groups)]))
  return { above, members }
}

function parentsOf({ groups }: Collection): Map<string, Set<string>> {
  const parents = new Map<string, Set<string>>()
  for (const { name, children } of groups.values()) {
    for (const child of children) {
      const list = parents.get(child) ?? new Set()
      parents.set(child, list.add(name))
    }
  }
  return parents
}

/** The longest way from `all`. */
function depthsOf(
  { groups }: Collection,
  { parents, report }: { readonly parents: ReadonlyMap<string, ReadonlySet<string>>; readonly report: ReportAt },
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const open: string[] = []
  const visit = (name: string): number => {
    const known = depths.get(name)
    if (known !== undefined) return known
    if (open.includes(name)) {
      const circle = [...open.slice(open.indexOf(name)), name].toReversed().join(' > ')
      report(groups.get(name)?.place ?? { file: '', line: 0 }, `groups form a circle: ${circle}`)
      return 0
    }
    open.push(name)
    const depth = Math.max(-1, ...[...(parents.get(name) ?? [])].map(visit)) + 1
    open.pop()
    depths.set(name, depth)
    return depth
  }
  for (const name of groups.keys()) visit(name)
  return depths
}

function compare(a: CollectedGroup, b: CollectedGroup, depths: ReadonlyMap<string, number>): number {
  const depth = (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0)
  if (depth !== 0) return depth
  return a.priority - b.priority || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))
}

/** Level by level. */
function membersOf(group: string, groups: ReadonlyMap<string, CollectedGroup>): readonly string[] {
  const names = new Set([group])
  const members = new Set<string>()
  for (const name of names) {
    const found = groups.get(name)
    for (const host of found?.hosts ?? []) members.add(host)
    for (const child of found?.children ?? []) names.add(child)
  }
  return [...members]
}
