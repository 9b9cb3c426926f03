import type { RunHost } from '../../model/event.ts'
import type { Rollout } from '../../model/runbook.ts'
import { batchHosts } from './batch-hosts.ts'

type Reached = Pick<RunHost, 'name' | 'connection'>

/**
 * The batches of hosts of a run. A host through which others of them are reached goes behind those, and beside none of
 * them: while it reboots, nobody can follow what happens to them.
 */
export function runBatches(
  names: readonly string[],
  hosts: readonly Reached[],
  sizes: Rollout['batches'],
): readonly (readonly string[])[] {
  const ranks = ranksOf(names, hosts)
  const rank = (name: string) => ranks.get(name) ?? 0
  const ordered = names.toSorted((a, b) => rank(a) - rank(b))
  return batchHosts(ordered, sizes).flatMap((batch) => [...Map.groupBy(batch, rank).values()])
}

/** Those of the hosts through which others of them are reached, in the order in which they go. */
export const bastionsAmong = (names: readonly string[], hosts: readonly Reached[]): readonly string[] =>
  [...ranksOf(names, hosts)]
    .filter(([, rank]) => rank > 0)
    .toSorted(([, a], [, b]) => a - b)
    .map(([name]) => name)

/** 0 for a host through which none of the others is reached, else one more than the highest behind it. */
function ranksOf(names: readonly string[], all: readonly Reached[]): ReadonlyMap<string, number> {
  const wanted = new Set(names)
  const hosts = all.filter(({ name }) => wanted.has(name))
  const at = Map.groupBy(hosts, ({ connection }) => placeOf(connection))
  const behind = new Map(hosts.map(({ name }): [string, string[]] => [name, []]))
  for (const { name, connection } of hosts) {
    const bastions = (connection.via ?? []).flatMap((hop) => at.get(placeOf(hop)) ?? [])
    for (const bastion of bastions) if (bastion.name !== name) behind.get(bastion.name)?.push(name)
  }
  // Two that are each reached through the other cannot be put in order, but must not be followed in a circle.
  const rank = (name: string, above: ReadonlySet<string>): number =>
    (behind.get(name) ?? [])
      .filter((other) => !above.has(other))
      .reduce((highest, other) => Math.max(highest, 1 + rank(other, new Set([...above, name]))), 0)
  return new Map(hosts.map(({ name }) => [name, rank(name, new Set())]))
}

const placeOf = ({ address, port }: { readonly address: string; readonly port: number }): string => `${address}:${port}`
