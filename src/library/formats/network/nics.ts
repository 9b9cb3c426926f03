/** A network interface of a host. */
export interface Nic {
  readonly name: string
  /** `guest`: a tap of a guest, which libvirt makes and takes away; `function`: a virtual function of a card. */
  readonly kind: 'loopback' | 'guest' | 'function' | 'bond' | 'other'
  /** Null where the kernel does not tell. */
  readonly driver: string | null
  readonly bus: string | null
  readonly address: string
  /** The address that the card was made with; null for a virtual interface. */
  readonly permanentAddress: string | null
  /** Where it is plugged in, as udev says it. */
  readonly path: string | null
  /** The .link file that udev applied to it. */
  readonly linkFile: string | null
  /** Interfaces below it: of a bond its slaves, of a bridge its ports. */
  readonly below: readonly string[]
}

/** The interfaces of a host, and where its ethtool is; null where it has none. */
export interface Nics {
  readonly ethtool: string | null
  readonly byName: ReadonlyMap<string, Nic>
}

/** Reads a line `ethtool PATH` and blocks that begin with `interface NAME`. */
export function readNics(text: string): Nics {
  const [head = '', ...blocks] = text.split(/^interface /m)
  const nics = blocks.map(readNic)
  return { ethtool: /^ethtool (\S+)$/m.exec(head)?.[1] ?? null, byName: new Map(nics.map((nic) => [nic.name, nic])) }
}

/**
 * All interfaces that carry what goes over this one: itself and everything below it. Null where that cannot be known, as
 * of a tunnel, whose packets may leave by any of them.
 */
export function carriersOf(nics: Nics, name: string): ReadonlySet<string> | null {
  const nic = nics.byName.get(name)
  if (!nic || nic.kind === 'guest' || TUNNELS.has(nic.driver ?? '')) return null
  // The kernel ties the cards of all bridges of Open vSwitch to this one, and none to the bridge itself.
  if (nic.driver === OVS && name !== OVS_SYSTEM)
    return nics.byName.has(OVS_SYSTEM) ? carriersOf(nics, OVS_SYSTEM) : null
  const seen = new Set<string>()
  const add = (one: string) => {
    if (seen.has(one)) return
    seen.add(one)
    for (const below of nics.byName.get(one)?.below ?? []) add(below)
  }
  add(name)
  return seen
}

const OVS = 'openvswitch'
const OVS_SYSTEM = 'ovs-system'
const TUNNELS: ReadonlySet<string> = new Set(['vxlan', 'geneve', 'gre', 'ipip', 'sit', 'wireguard', 'tun'])

function readNic(block: string): Nic {
  const [name = '', ...lines] = block.trimEnd().split('\n')
  const values = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1))
  const value = (key: string): string | null => values(key)[0] || null
  const permanent = value('permanent')
  return {
    name,
    kind: kindOf(name, lines),
    driver: value('driver'),
    bus: value('bus'),
    address: value('address') ?? '',
    permanentAddress: permanent !== null && ADDRESS.test(permanent) && !UNSET.test(permanent) ? permanent : null,
    path: value('path'),
    linkFile: value('link'),
    below: values('below'),
  }
}

function kindOf(name: string, lines: readonly string[]): Nic['kind'] {
  if (name === 'lo') return 'loopback'
  if (lines.includes('tun') || /^(tap|vnet)/.test(name)) return 'guest'
  if (lines.includes('function')) return 'function'
  return lines.includes('bond') ? 'bond' : 'other'
}

const ADDRESS = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i
const UNSET = /^00:00:00:00:00:00$/
