import type { Probe } from '../../../model/probe.ts'
import { featuresOf, nics } from '../../facts/network/nics.ts'
import type { Features } from '../../formats/network/features.ts'
import type { Nic, Nics } from '../../formats/network/nics.ts'
import type { FeatureWish } from '../../formats/network/offload-files.ts'

/** What picks interfaces: all that are given must match. */
export interface NicMatch {
  readonly driver?: string | undefined
  readonly pci?: string | undefined
  readonly mac?: string | undefined
  /** Of the name, with `*` and `?`. */
  readonly glob?: string | undefined
}

/** Which interfaces of a host get which features. */
export interface OffloadWish {
  readonly interfaces: readonly string[] | NicMatch
  readonly features: FeatureWish
  readonly includeBondSlaves: boolean
  readonly includeOvsPorts: boolean
  /** Is a feature that the driver fixes otherwise a refusal, or only a warning? */
  readonly strictFixed: boolean
}

/** An interface that the wish is about, and its features. */
export interface Target {
  readonly nic: Nic
  readonly features: Features
}

/** The interfaces that the wish is about, with their features; those that the host does not have are left out. */
export async function targetsOf(
  host: Probe,
  wish: OffloadWish,
): Promise<{ readonly all: Nics; readonly targets: readonly Target[] }> {
  const all = await host.ask(nics)
  const picked = pickNics(all, wish)
  if (picked.length === 0 || all.ethtool === null) return { all, targets: [] }
  const features = await host.ask(featuresOf(picked.map(({ name }) => name)))
  return { all, targets: picked.map((nic) => ({ nic, features: features.get(nic.name) ?? new Map() })) }
}

/** The interfaces of the wish in the order in which they are switched: the slaves of a bond before it. */
export function pickNics(all: Nics, wish: OffloadWish): readonly Nic[] {
  const named = isList(wish.interfaces)
    ? wish.interfaces.flatMap((name) => all.byName.get(name) ?? [])
    : [...all.byName.values()].filter((nic) => fits(nic, wish))
  const slaves = (nic: Nic) =>
    wish.includeBondSlaves && nic.kind === 'bond' ? nic.below.flatMap((name) => all.byName.get(name) ?? []) : []
  return [...new Set(named.flatMap((nic) => [...slaves(nic), nic]))]
}

/** Was the interface named one by one? */
export const isList = (interfaces: OffloadWish['interfaces']): interfaces is readonly string[] =>
  Array.isArray(interfaces)

function fits(nic: Nic, { interfaces, includeOvsPorts }: OffloadWish): boolean {
  if (isList(interfaces) || nic.kind === 'loopback' || nic.kind === 'guest' || nic.kind === 'function') return false
  if (nic.driver === 'openvswitch' && !includeOvsPorts) return false
  const { driver, pci, mac, glob } = interfaces
  const addresses = [nic.address, nic.permanentAddress].map((one) => one?.toLowerCase())
  return (
    USABLE_NAME.test(nic.name) &&
    (driver === undefined || nic.driver === driver) &&
    (pci === undefined || nic.bus === pci) &&
    (mac === undefined || addresses.includes(mac.toLowerCase())) &&
    (glob === undefined || patternOf(glob).test(nic.name))
  )
}

const patternOf = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^$(){}|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )

/** The kernel allows more, but such a name would have to be escaped everywhere. */
const USABLE_NAME = /^[\w.:@-]+$/
