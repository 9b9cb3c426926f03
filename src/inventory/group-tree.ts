import type { Report } from './written/located.ts'
import type { WrittenGroup } from './written/read-inventory.ts'

/** Which group is above which. */
export interface GroupTree {
  /** Every group above this one, itself not included. */
  readonly above: ReadonlyMap<string, ReadonlySet<string>>
  /** Names of a group's hosts, those of its children included. */
  readonly hosts: ReadonlyMap<string, ReadonlySet<string>>
}

/** The tree of groups. A circle is reported with its path, and cut so that the rest can still be judged. */
export function groupTree(groups: ReadonlyMap<string, WrittenGroup>, report: Report): GroupTree {
  const hosts = new Map<string, ReadonlySet<string>>()
  const below = new Map<string, ReadonlySet<string>>()

  const visit = (name: string, path: readonly string[]): void => {
    const group = groups.get(name)
    if (group === undefined || hosts.has(name)) return
    const circle = path.indexOf(name)
    if (circle !== -1) {
      report(group.line, `groups form a circle: ${[...path.slice(circle), name].join(' > ')}`)
      return
    }
    for (const child of group.children) visit(child, [...path, name])
    hosts.set(name, new Set([...group.hosts, ...group.children.flatMap((child) => [...(hosts.get(child) ?? [])])]))
    below.set(name, new Set(group.children.flatMap((child) => [child, ...(below.get(child) ?? [])])))
  }
  for (const name of groups.keys()) visit(name, [])

  const names = [...groups.keys()]
  const above = new Map(names.map((name) => [name, new Set(names.filter((other) => below.get(other)?.has(name)))]))
  return { above, hosts }
}
