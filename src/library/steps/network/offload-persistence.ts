import {
  beyondLink,
  escapeForUnit,
  type FeatureWish,
  linkDropIn,
  linkFile,
  offloadUnit,
} from '../../formats/network/offload-files.ts'
import type { Target } from './offload-targets.ts'

/** What brings features back at the next boot: a .link file of udev, or a unit that runs ethtool. */
export type Persistence = 'auto' | 'link' | 'systemd-unit'

/** A file of ours that brings the features of one interface back. */
export interface Persisted {
  readonly path: string
  /** A folder that the file needs and that packages do not bring. */
  readonly folder: string | null
  /** The unit to enable, where the file is one. */
  readonly unit: string | null
  readonly body: string
}

interface Parts {
  readonly wish: FeatureWish
  readonly persist: Persistence
  readonly systemd: number
  readonly ethtool: string
}

/** Since these versions of systemd a .link file knows every key that is written, and has drop-ins. */
const LINK_SINCE = 246
const HARDWARE_GRO_SINCE = 250

/** Where the features of an interface are written, null where its driver lets none be switched, or why nowhere. */
export function persistedTarget(target: Target, parts: Parts): Persisted | { readonly because: string } | null {
  const { nic, features } = target
  const reason = parts.persist === 'systemd-unit' ? 'wished' : whyNoLink(target, parts)
  if (reason === null) return linked(target, parts.wish)
  if (parts.persist === 'link') return { because: reason }
  const body = offloadUnit(nic, { ethtool: parts.ethtool, features, wish: parts.wish })
  if (body === null) return null
  const unit = `runbook-offloads-${escapeForUnit(nic.name)}.service`
  return { path: `/etc/systemd/system/${unit}`, folder: null, unit, body }
}

/** Why a .link file cannot do it; null when it can. */
function whyNoLink({ nic, features }: Target, { wish, systemd }: Parts): string | null {
  const since = 'rx-gro-hw' in wish ? HARDWARE_GRO_SINCE : LINK_SINCE
  if (systemd < since) return `systemd ${systemd} knows not all keys of a .link file (${since} does)`
  const beyond = beyondLink(features, wish)
  if (beyond.length > 0) return `a .link file cannot switch all of ${beyond.join(', ')} on ${nic.name}`
  if (isForeign(nic.linkFile, nic.name)) return null
  return linkFile(nic, wish) === null ? `${nic.name} has neither a permanent address nor a path to match it by` : null
}

/** Only the first matching .link file counts: one that is there already gets a drop-in instead of a rival. */
function linked({ nic }: Target, wish: FeatureWish): Persisted {
  if (nic.linkFile !== null && isForeign(nic.linkFile, nic.name)) {
    const folder = `/etc/systemd/network/${nic.linkFile.split('/').at(-1)}.d`
    return { path: `${folder}/runbook.conf`, folder, unit: null, body: linkDropIn(wish) }
  }
  return { path: ownLink(nic.name), folder: null, unit: null, body: linkFile(nic, wish) ?? '' }
}

const isForeign = (file: string | null, name: string): boolean =>
  file !== null && file !== ownLink(name) && !/\/99-default\.link$/.test(file)

const ownLink = (name: string): string => `/etc/systemd/network/10-runbook-${name}.link`
