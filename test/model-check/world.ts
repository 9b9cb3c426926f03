import { hash } from 'node:crypto'
import type { Event, Recorded } from '../../src/model/event.ts'
import { copyFake, type FakeHost, type MemoryJournal, memoryJournal } from '../../src/testing.ts'
import type { SmallRun } from './runs/small-run.ts'

/** Everything that outlives a controller: hosts, journals, and what the check itself has seen happen. */
export interface World {
  readonly hosts: readonly FakeHost[]
  /** By their names: `mine` has the run, `other` is the journal of somebody else's laptop. */
  readonly journals: Readonly<Record<JournalName, Store>>
  /** What the check remembers beside them, by key: no part of the product reads it. */
  readonly seen: Map<string, string | number>
}

export type JournalName = 'mine' | 'other'

/** A journal, with digests that do not depend on the order in which hosts came by. */
export interface Store {
  readonly journal: MemoryJournal
  /** Digest of the rows of a run and host. */
  readonly chains: Map<string, string>
  /** Leases given, by run and host. */
  readonly leases: Map<string, number>
  /** Rows that a broken journal has promised and not stored, or stored and lost. */
  readonly late: { readonly event: Event; readonly lease: Parameters<MemoryJournal['append']>[1] }[]
  readonly lost: Set<number>
}

export function makeWorld(run: SmallRun): World {
  const hosts = Array.from({ length: run.hosts }, (_, index) => run.makeHost(`hv-0${index + 1}`))
  for (const host of hosts) host.onReboot = 'ignores'
  return { hosts, journals: { mine: emptyStore(), other: emptyStore() }, seen: new Map() }
}

/** No row carries the time: the same rows have the same hashes. */
const TIMELESS = { now: () => 0 }

const emptyStore = (): Store => ({
  journal: memoryJournal(TIMELESS),
  chains: new Map(),
  leases: new Map(),
  late: [],
  lost: new Set(),
})

export function copyWorld({ hosts, journals, seen }: World): World {
  const { mine, other } = journals
  return {
    hosts: hosts.map(copyFake),
    journals: { mine: copyStore(mine), other: copyStore(other) },
    seen: new Map(seen),
  }
}

const copyStore = ({ journal, chains, leases, late, lost }: Store): Store => ({
  journal: journal.copy(TIMELESS),
  chains: new Map(chains),
  leases: new Map(leases),
  late: [...late],
  lost: new Set(lost),
})

export const hostOf = ({ hosts }: World, name: string): FakeHost => hosts.find((host) => host.name === name)!

export const chainOf = (run: string, host: string): string => `${run} ${host}`

/** Stores rows, and keeps the digest of their chains. */
export async function store(
  { journal, chains }: Store,
  events: readonly Event[],
  lease?: Parameters<MemoryJournal['append']>[1],
): Promise<readonly Recorded[]> {
  const rows = await journal.append(events, lease)
  for (const event of events) {
    const key = chainOf(event.run, ('host' in event && event.host) || '')
    chains.set(key, digest(chains.get(key) ?? '', text(event)))
  }
  return rows
}

/** Two worlds with the same key behave alike from here on. */
export function keyOf({ hosts, journals: { mine, other }, seen }: World): string {
  const stores = [mine, other].map(({ chains, leases, late, lost }) => [
    sorted(chains),
    sorted(leases),
    late.map(({ event }) => event),
    [...lost],
  ])
  return text([hosts.map(hostKey), stores, sorted(seen)])
}

function hostKey(host: FakeHost): unknown {
  const { owner, bootId, markers, manifest, unfinished, switch: armed, counters } = host
  return [
    [...host.files].map(([path, { bytes }]) => [path, new TextDecoder().decode(bytes)]),
    owner && [owner.state, owner.token.epoch, owner.token.run, owner.journal, owner.head === undefined],
    [bootId, markers.map(({ step, act, attempt, n, state, run }) => [run, step, act, attempt, n, state])],
    manifest.map(({ run, path, before, after }) => [run, path, before, after]),
    [sorted(host.pending), sorted(host.units), unfinished?.marker, armed, [...host.rebootUnits]],
    [counters.boots, counters.changes],
  ]
}

const sorted = (map: Map<string, string | number>): unknown => [...map].sort(([a], [b]) => (a < b ? -1 : 1))

/** As text, without what is drawn by lot or depends on the order of rows of different hosts. */
export const text = (value: unknown): string => (JSON.stringify(value) ?? '').replaceAll(NO_MATTER, '')

const NO_MATTER = /,?"(random|head)":"[^"]*"/g

export const digest = (...parts: readonly string[]): string => hash('sha1', parts.join('\n'), 'base64')
