import type { Connection } from '../../formats/network/connections.ts'
import { nameForTool } from '../../formats/network/features.ts'
import { withEthtoolOptions } from '../../formats/network/ifcfg-file.ts'
import { beyondStanza, describesInterface, runsNoScripts, withOffloads } from '../../formats/network/interfaces-file.ts'
import {
  beyondLink,
  changeableOf,
  escapeForUnit,
  type FeatureWish,
  inOrder,
  linkDropIn,
  linkFile,
  offloadUnit,
} from '../../formats/network/offload-files.ts'
import type { Target } from './offload-targets.ts'

/** What may bring features back at the next boot, in the order in which it is chosen: whoever manages the interface first. */
const WAYS = ['networkmanager', 'ifupdown', 'ifcfg', 'link', 'systemd-unit'] as const

/** `auto`: the first way that can do it; a unit always can. */
export type Persistence = 'auto' | (typeof WAYS)[number]

/** What brings the features of one interface back. */
export type Persisted = OwnFile | EditedFile | ProfileSettings

/** A whole file of ours. */
export interface OwnFile {
  readonly kind: 'own-file'
  readonly path: string
  /** A folder that the file needs and that packages do not bring. */
  readonly folder: string | null
  /** The unit to enable, where the file is one. */
  readonly unit: string | null
  readonly body: string
}

/** A few words in a file of the operator's. */
export interface EditedFile {
  readonly kind: 'edited-file'
  readonly path: string
  readonly edit: (text: string) => string
}

/** Properties of a profile of NetworkManager. */
export interface ProfileSettings {
  readonly kind: 'profile'
  readonly uuid: string
  readonly name: string
  /** Where it is kept. */
  readonly path: string
  /** Properties that are otherwise now. */
  readonly set: Readonly<Record<string, string>>
  /** The same properties as found; empty text where the profile leaves one alone. */
  readonly before: Readonly<Record<string, string>>
}

interface Impossible {
  readonly kind: 'impossible'
  readonly because: string
}

/** What a host tells of who brings its interfaces up. */
export interface BootWays {
  readonly wish: FeatureWish
  readonly systemd: number
  readonly ethtool: string
  /** By interface. */
  readonly profiles: ReadonlyMap<string, Connection>
  /** The files of ifupdown; none where it brings nothing up. */
  readonly interfaces: readonly ConfigText[]
  /** The files of initscripts, by interface; none where they do not run. */
  readonly ifcfg: ReadonlyMap<string, ConfigText>
}

interface ConfigText {
  readonly path: string
  readonly text: string
}

/** How the features of an interface are brought back, null where its driver lets none be switched, or why they cannot be. */
export function persistedTarget(target: Target, ways: BootWays, persist: Persistence): Persisted | Impossible | null {
  if (Object.keys(changeableOf(target.features, ways.wish)).length === 0) return null
  const chosen = persist === 'auto' ? WAYS : [persist]
  const [first, ...others] = chosen.map((way) => BY[way](target, ways))
  return [first, ...others].find((one) => one?.kind !== 'impossible') ?? first ?? null
}

const BY: Readonly<Record<(typeof WAYS)[number], (target: Target, ways: BootWays) => Persisted | Impossible>> = {
  networkmanager: byProfile,
  ifupdown: byStanza,
  ifcfg: byIfcfg,
  link: byLink,
  'systemd-unit': byUnit,
}

function byProfile({ nic, features }: Target, { wish, profiles }: BootWays): Persisted | Impossible {
  const profile = profiles.get(nic.name)
  if (!profile) return impossible(`NetworkManager keeps no profile of ${nic.name}`)
  if (!profile.known) return impossible(`this NetworkManager knows not all of ${Object.keys(wish).join(', ')}`)
  // It has the members of TSO that udev has.
  const beyond = beyondLink(features, wish).filter((name) => nameForTool(name) === 'tso')
  if (beyond.length > 0) return impossible(`NetworkManager cannot switch all of tso on ${nic.name}`)
  const open = inOrder(wish)
    .map(([name, value]) => [propertyOf(name), value] as const)
    .filter(([property, value]) => profile.settings.get(property) !== value)
  const before = open.map(([property]) => [property, profile.settings.get(property) ?? ''] as const)
  const { uuid, name, path } = profile
  return { kind: 'profile', uuid, name, path, set: Object.fromEntries(open), before: Object.fromEntries(before) }
}

/** As NetworkManager names a feature. */
export const propertyOf = (feature: string): string => `ethtool.feature-${nameForTool(feature)}`

function byStanza({ nic, features }: Target, { wish, interfaces }: BootWays): Persisted | Impossible {
  const file = interfaces.find(({ text }) => describesInterface(text, nic.name))
  if (!file) return impossible(`ifupdown is not told of ${nic.name}`)
  if (interfaces.some(({ text }) => runsNoScripts(text, nic.name))) {
    return impossible(`ifupdown runs no scripts for ${nic.name}`)
  }
  const beyond = beyondStanza(wish)
  if (beyond.length > 0) return impossible(`a stanza of ifupdown cannot name ${beyond.join(', ')}`)
  const own = changeableOf(features, wish)
  return { kind: 'edited-file', path: file.path, edit: (text) => withOffloads(text, nic.name, own) }
}

function byIfcfg({ nic, features }: Target, { wish, ifcfg }: BootWays): Persisted | Impossible {
  const file = ifcfg.get(nic.name)
  if (!file) return impossible(`initscripts have no file for ${nic.name}, or do not run`)
  const own = changeableOf(features, wish)
  const edit = (text: string) => withEthtoolOptions(text, nic.name, own)
  if (edit(file.text) === null) return impossible(`ETHTOOL_OPTS in ${file.path} cannot be edited`)
  return { kind: 'edited-file', path: file.path, edit: (text) => edit(text) ?? text }
}

/** Only the first matching .link file counts: one that is there already gets a drop-in instead of a rival. */
function byLink(target: Target, ways: BootWays): Persisted | Impossible {
  const because = whyNoLink(target, ways)
  if (because !== null) return impossible(because)
  const { nic } = target
  const folder = dropInFolder(nic)
  if (folder !== null) {
    return { kind: 'own-file', path: dropIn(folder), folder, unit: null, body: linkDropIn(ways.wish) }
  }
  const body = linkFile(nic, ways.wish) ?? ''
  return { kind: 'own-file', path: ownLink(nic.name), folder: null, unit: null, body }
}

/** Since these versions of systemd a .link file knows every key that is written, and has drop-ins. */
const LINK_SINCE = 246
const HARDWARE_GRO_SINCE = 250

/** Why a .link file cannot do it; null when it can. */
function whyNoLink({ nic, features }: Target, { wish, systemd }: BootWays): string | null {
  const since = 'rx-gro-hw' in wish ? HARDWARE_GRO_SINCE : LINK_SINCE
  if (systemd < since) return `systemd ${systemd} knows not all keys of a .link file (${since} does)`
  const beyond = beyondLink(features, wish)
  if (beyond.length > 0) return `a .link file cannot switch all of ${beyond.join(', ')} on ${nic.name}`
  if (isForeign(nic.linkFile, nic.name)) return null
  return linkFile(nic, wish) === null ? `${nic.name} has neither a permanent address nor a path to match it by` : null
}

const isForeign = (file: string | null, name: string): boolean =>
  file !== null && file !== ownLink(name) && !/\/99-default\.link$/.test(file)

/** For a .link file of somebody else; null where none names the interface. */
const dropInFolder = ({ name, linkFile }: Target['nic']): string | null =>
  linkFile !== null && isForeign(linkFile, name) ? `/etc/systemd/network/${linkFile.split('/').at(-1)}.d` : null
const dropIn = (folder: string): string => `${folder}/runbook.conf`

const ownLink = (name: string): string => `/etc/systemd/network/10-runbook-${name}.link`

function byUnit({ nic, features }: Target, { wish, ethtool }: BootWays): Persisted {
  const body = offloadUnit(nic, { ethtool, wish: changeableOf(features, wish) })
  return { kind: 'own-file', ...ownUnit(nic.name), folder: null, body }
}

function ownUnit(name: string): Pick<OwnFile, 'path' | 'unit'> {
  const unit = `runbook-offloads-${escapeForUnit(name)}.service`
  return { path: `/etc/systemd/system/${unit}`, unit }
}

/** Every whole file of ours in which the features of an interface may be kept, whichever way was chosen. */
export function ownPlaces(nic: Target['nic']): readonly Pick<OwnFile, 'path' | 'unit'>[] {
  const folder = dropInFolder(nic)
  const links = [ownLink(nic.name), ...(folder === null ? [] : [dropIn(folder)])]
  return [...links.map((path) => ({ path, unit: null })), ownUnit(nic.name)]
}

const impossible = (because: string): Impossible => ({ kind: 'impossible', because })
