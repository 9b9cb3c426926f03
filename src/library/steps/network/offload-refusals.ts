import { type BlockedCheck, blocked } from '../../../model/check.ts'
import { compareFeatures } from '../../formats/network/compare-features.ts'
import type { Nics } from '../../formats/network/nics.ts'
import { isList, type OffloadWish, type Target } from './offload-targets.ts'

/** Why the wish cannot be had on this host at all, before any feature is switched; null when it can. */
export function offloadRefusal(
  host: string,
  wish: OffloadWish,
  { all, targets }: { readonly all: Nics; readonly targets: readonly Target[] },
): BlockedCheck | null {
  if (all.ethtool === null) return ethtoolMissing(host)
  const missing = isList(wish.interfaces) ? wish.interfaces.filter((name) => !all.byName.has(name)) : []
  if (missing.length > 0 || targets.length === 0) return interfaceMissing(host, wish, missing, all)
  const unknown = targets.flatMap(({ nic, features }) => {
    const names = compareFeatures(features, wish.features).unknown
    return names.length === 0 ? [] : [`${nic.name} on ${host} knows no ${names.join(', ')}`]
  })
  if (unknown.length > 0) return featureUnknown(unknown)
  const fixed = wish.strictFixed ? targets.flatMap((target) => fixedOtherwise(target, wish)) : []
  return fixed.length > 0 ? featureFixed(fixed) : null
}

/** The features that the driver has otherwise and never changes, in words. */
export const fixedOtherwise = ({ nic, features }: Target, wish: OffloadWish): readonly string[] =>
  compareFeatures(features, wish.features).fixed.map((name) => {
    const state = wish.features[name] === 'on' ? 'off' : 'on'
    return `${name} of ${nic.name} (driver ${nic.driver ?? 'unknown'}) is [fixed] ${state}; cannot be changed`
  })

const ethtoolMissing = (host: string): BlockedCheck =>
  blocked({
    code: 'E_ETHTOOL_MISSING',
    because: `${host} has no ethtool, which reads and switches the features of interfaces`,
    remedy: 'Install it: apt-get install ethtool, or dnf install ethtool.',
    absolute: true,
  })

const interfaceMissing = (host: string, wish: OffloadWish, missing: readonly string[], all: Nics): BlockedCheck =>
  blocked({
    code: 'E_IF_MISSING',
    because: `${host} has no interface ${missing.join(', ') || `that matches ${JSON.stringify(wish.interfaces)}`}; it has ${[...all.byName.keys()].join(', ')}`,
    remedy: 'Name interfaces of the host, or give it others in the inventory.',
    absolute: true,
  })

const featureUnknown = (unknown: readonly string[]): BlockedCheck =>
  blocked({
    code: 'E_FEATURE_UNKNOWN',
    because: unknown.join('; '),
    remedy: 'See what it knows: ethtool -k INTERFACE. ufo was taken out of the kernel in 4.14.',
    absolute: true,
  })

const featureFixed = (fixed: readonly string[]): BlockedCheck =>
  blocked({
    code: 'E_FEATURE_FIXED',
    because: fixed.join('; '),
    remedy: 'Leave the feature out for this interface, or set strictFixed=false to switch the others.',
    absolute: true,
  })
