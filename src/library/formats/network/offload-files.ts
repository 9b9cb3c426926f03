import { type Feature, type Features, featuresNamed, nameForTool, type Switch } from './features.ts'
import type { Nic } from './nics.ts'

/** What each feature shall be, by a name that ethtool knows: `{ tso: 'off' }`. */
export type FeatureWish = Readonly<Record<string, Switch>>

/** In one order, however the wish was written: it stands in files that are compared. */
export const inOrder = (wish: FeatureWish): readonly (readonly [name: string, value: Switch])[] =>
  Object.entries(wish).sort(([a], [b]) => (a < b ? -1 : 1))

/** The keys of systemd.link(5) for a feature; TCP segmentation has one for each version of IP. */
const LINK_KEYS: Readonly<Record<string, readonly string[]>> = {
  rx: ['ReceiveChecksumOffload'],
  tx: ['TransmitChecksumOffload'],
  tso: ['TCPSegmentationOffload', 'TCP6SegmentationOffload'],
  gso: ['GenericSegmentationOffload'],
  gro: ['GenericReceiveOffload'],
  lro: ['LargeReceiveOffload'],
  'rx-gro-hw': ['GenericReceiveOffloadHardware'],
}

/** What the keys for TCP segmentation reach, directly or because the kernel lets the rest follow them. */
const LINK_REACHES = /^tx-tcp(6|-ecn|-mangleid)?-segmentation$/

/** Features that a .link file cannot switch on this interface; empty where it can switch all that is wished. */
export const beyondLink = (features: Features, wish: FeatureWish): readonly string[] =>
  inOrder(wish)
    .map(([name]) => name)
    .filter((name) => {
      const short = nameForTool(name)
      if (LINK_KEYS[short] === undefined) return true
      return short === 'tso' && changeable(features, name).some((one) => !LINK_REACHES.test(one.name))
    })

/** The [Link] lines that switch features. */
const linkLines = (wish: FeatureWish): readonly string[] =>
  inOrder(wish).flatMap(([name, value]) =>
    (LINK_KEYS[nameForTool(name)] ?? []).map((key) => `${key}=${value === 'on' ? 'yes' : 'no'}`),
  )

/** A drop-in for a .link file that is there already. */
export const linkDropIn = (wish: FeatureWish): string => `[Link]\n${linkLines(wish).join('\n')}\n`

/**
 * A .link file for one card; null for an interface that cannot be told from others. Only the first matching file counts,
 * so it repeats the policies of the default one: without them the interface would lose its name at the next boot.
 */
export function linkFile(nic: Nic, wish: FeatureWish): string | null {
  const match =
    nic.permanentAddress !== null
      ? `PermanentMACAddress=${nic.permanentAddress}`
      : nic.path !== null
        ? `Path=${nic.path}`
        : null
  if (match === null) return null
  const policies = 'NamePolicy=keep kernel database onboard slot path\nMACAddressPolicy=persistent'
  return `[Match]\n${match}\n\n[Link]\n${policies}\n${linkLines(wish).join('\n')}\n`
}

/** What of the wish a driver lets be switched: some fail a whole command for a feature that is fixed. */
export const changeableOf = (features: Features, wish: FeatureWish): FeatureWish =>
  Object.fromEntries(inOrder(wish).filter(([name]) => changeable(features, name).length > 0))

/** A unit that switches features whenever the interface appears. */
export function offloadUnit(
  nic: Pick<Nic, 'name'>,
  { ethtool, wish }: { readonly ethtool: string; readonly wish: FeatureWish },
): string {
  const words = inOrder(wish).flatMap(([name, value]) => [nameForTool(name), value])
  const device = `sys-subsystem-net-devices-${escapeForUnit(nic.name)}.device`
  return [
    '[Unit]',
    `Description=Offloads of ${nic.name}`,
    `BindsTo=${device}`,
    `After=${device} network-pre.target`,
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    `ExecStart=${ethtool} -K ${nic.name} ${words.join(' ')}`,
    '',
    '[Install]',
    `WantedBy=${device}`,
    '',
  ].join('\n')
}

/** A name within the name of a unit, as systemd-escape(1) writes it. */
export const escapeForUnit = (name: string): string =>
  name.replace(/[^A-Za-z0-9:_.]|^\./g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`)

const changeable = (features: Features, name: string): readonly Feature[] =>
  featuresNamed(features, name).filter(({ fixed }) => !fixed)
