/** What a check may ask the cloud that a host belongs to. Every call asks anew and throws CommandFailed with its code. */
export interface CloudProbe {
  /** The nova-compute services of all hosts. */
  computeServices(): Promise<readonly ComputeService[]>
  /** Servers of all projects that nova keeps on a host, by nova's name of it. */
  servers(computeHost: string): Promise<readonly Server[]>
  /** One server, with its fault. */
  server(id: string): Promise<Server>
  /** One network of neutron, by its id. */
  network(id: string): Promise<Network>
}

/** What an apply may ask and have done there. Nova answers that it has begun; only asking again tells how it ended. */
export interface Cloud extends CloudProbe {
  /** Places no more servers on the host. The reason is what the service then shows. */
  disable(computeHost: string, reason: string): Promise<void>
  enable(computeHost: string): Promise<void>
  /** Moves a running server to a host of nova's choice. Nova refuses at once what it sees to be impossible. */
  liveMigrate(id: string): Promise<void>
  /** Moves a server powered off; it then waits for {@link confirmMove}. */
  coldMigrate(id: string): Promise<void>
  confirmMove(id: string): Promise<void>
  /** Neutron refuses an MTU that the network cannot carry. Guests learn it at their next renewal. */
  setNetworkMtu(id: string, mtu: number): Promise<void>
}

/** A network as neutron shows it. */
export interface Network {
  readonly id: string
  readonly name: string
  /** Bytes. */
  readonly mtu: number
  /** Has it a subnet of IPv6? */
  readonly ipv6: boolean
}

/** A nova-compute service as nova shows it. */
export interface ComputeService {
  /** nova's name of the host. */
  readonly host: string
  readonly status: 'enabled' | 'disabled'
  readonly state: 'up' | 'down'
  /** What was said when it was disabled; null where nothing was. */
  readonly reason: string | null
}

/** A guest as nova shows it. Its id is also the UUID of its domain in libvirt. */
export interface Server {
  readonly id: string
  readonly name: string
  /** As `ACTIVE`, `PAUSED`, `SHUTOFF`, `VERIFY_RESIZE`, `ERROR`. */
  readonly status: string
  /** What nova is doing with it, as `migrating`; null: nothing. */
  readonly task: string | null
  /** nova's name of the host that it is on; null where it is on none. */
  readonly host: string | null
  /** Why it is in ERROR; null where nova does not say, and in lists. */
  readonly fault: string | null
}
