import { needed, satisfied } from '../../../../model/check.ts'
import type { Network } from '../../../../model/cloud.ts'
import type { Probe } from '../../../../model/probe.ts'
import { type ChangeStep, type Gate, gate, step } from '../../../../model/step.ts'
import { belowIpv6 } from './dhcp-gates.ts'

/** Networks of a cloud, and the MTU that neutron is to give to their guests by itself. */
export interface NetworkMtuWish {
  /** Name of the cloud in clouds.yaml, or `envvars`. */
  readonly cloud: string
  readonly networks: readonly string[]
  readonly mtu: number
}

/** The networks that had another MTU. */
export type NetworksFound = { readonly networks: readonly { readonly id: string; readonly mtu: number }[] }

/** Stops an MTU that a network of the cloud cannot have. */
export const mtuSuitsCloud = (wish: NetworkMtuWish): Gate =>
  gate({
    id: 'mtu-suits-cloud',
    async check(host) {
      const networks = await networksOf(host, wish)
      const refusal = belowIpv6(
        wish.mtu,
        networks.flatMap((one) => (one.ipv6 ? inWords(one) : [])),
      )
      return refusal ?? satisfied(`${networks.map(inWords).join(', ')} can have ${wish.mtu}`)
    },
  })

/**
 * Neutron gives the networks this MTU and hands it to whatever serves DHCP, OVN too. The first host of a run changes them
 * for all others.
 */
export const networksHaveMtu = (wish: NetworkMtuWish): ChangeStep<NetworksFound> =>
  step<NetworksFound>({
    id: 'networks-have-mtu',
    async check(host) {
      const networks = await networksOf(host, wish)
      const open = networks.filter(({ mtu }) => mtu !== wish.mtu)
      if (open.length === 0) return satisfied(`${networks.map(inWords).join(', ')} have ${wish.mtu}`)
      const changes = open.map((one) => `${inWords(one)} has ${one.mtu}`)
      return needed(`have neutron give MTU ${wish.mtu}: ${changes.join(', ')}`, {
        networks: open.map(({ id, mtu }) => ({ id, mtu })),
      })
    },
    async apply(host, { networks }) {
      for (const { id } of networks) await host.cloud(wish.cloud).setNetworkMtu(id, wish.mtu)
    },
    async rollback(host, { networks }) {
      const cloud = host.cloud(wish.cloud)
      for (const { id, mtu } of networks) {
        // What somebody has set since is theirs.
        if ((await cloud.network(id)).mtu === wish.mtu) await cloud.setNetworkMtu(id, mtu)
      }
    },
  })

const networksOf = (host: Probe, { cloud, networks }: NetworkMtuWish): Promise<readonly Network[]> =>
  Promise.all(networks.map((id) => host.cloud(cloud).network(id)))

const inWords = ({ id, name }: Network): string => `${name} (${id})`
