/** What is plugged into a test host, and who serves whom over it. */
export interface NetworkModel {
  /** Network cards beside `eth0`: real devices of the kernel's veth driver. From the next boot on. */
  readonly cards?: readonly CardModel[]
  /** A card whose driver resets its link when a feature is switched, and comes back with its old features alone. */
  readonly lossyCard?: string
  /** `text`: an ethtool of a time before `--json`. Default `json`. */
  readonly ethtool?: 'json' | 'text'
  /** Profiles that NetworkManager keeps. Without any it does not run. From the next boot on. */
  readonly networkManager?: readonly ProfileModel[]
  /** What neutron's DHCP agent serves. Without any there is no agent that runs. Its restart notices a change. */
  readonly dhcpNetworks?: readonly DhcpNetworkModel[]
}

/** A card, with what udev knows of it. */
export interface CardModel {
  readonly name: string
  /** Where it is plugged in. Default: udev cannot tell, as of a virtual device. */
  readonly path?: string
  /** The .link file that udev applied. Default the one that systemd brings for all. */
  readonly linkFile?: string
}

/** A profile of NetworkManager for one card. */
export interface ProfileModel {
  readonly name: string
  readonly uuid: string
  readonly card: string
}

/** A network with one guest that may have an address. */
export interface DhcpNetworkModel {
  readonly id: string
  /** What neutron itself gives it. Default 1450, as for VXLAN. */
  readonly mtu?: number
  /** Its dnsmasq is started without the file that the agent's option names. */
  readonly unheeded?: boolean
}

export const NETWORK_KEYS: Readonly<Record<keyof NetworkModel, true>> = {
  cards: true,
  lossyCard: true,
  ethtool: true,
  networkManager: true,
  dhcpNetworks: true,
}
