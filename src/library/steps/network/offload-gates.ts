import { type BlockedCheck, blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { nics } from '../../facts/network/nics.ts'
import type { Nic } from '../../formats/network/nics.ts'
import { type OffloadWish, pickNics } from './offload-targets.ts'
import { checkOffloads } from './offloads-set.ts'

/** Stops a host where an interface of the wish belongs to a guest, to the kernel or to Open vSwitch. */
export const interfacesAreCards = (wish: OffloadWish): Gate =>
  gate({
    id: 'interfaces-are-cards',
    async check(host) {
      const picked = pickNics(await host.ask(nics), wish)
      const refusal = picked.map((nic) => refusedNic(nic, wish)).find((one) => one !== null)
      return refusal ?? satisfied(`they are ${picked.map(({ name }) => name).join(', ')}`)
    },
  })

/** Stops a host where an interface over which it is managed would have to be switched. */
export const lineIsLeftAlone = (wish: OffloadWish): Gate =>
  gate({
    id: 'line-is-left-alone',
    async check(host) {
      const check = await checkOffloads(host, wish, 'on-the-line')
      if (check.state !== 'needed') return satisfied('no interface on the way to the host would be switched')
      return blocked({
        code: 'E_MGMT',
        because: `${host.name} is managed over an interface that is among them: ${check.change}`,
        remedy: 'Set allowMgmt=true: the host then puts it back by itself when it cannot be reached any more.',
      })
    },
  })

function refusedNic({ name, kind, driver }: Nic, { includeOvsPorts }: OffloadWish): BlockedCheck | null {
  if (kind === 'function') {
    return blocked({
      code: 'E_SRIOV',
      because: `${name} is a virtual function of another card: a guest may have it, and then sets its features itself`,
      remedy: 'Leave it out; switch the features of the card itself.',
    })
  }
  const ovs = driver === 'openvswitch' && !includeOvsPorts
  const owner = kind === 'loopback' ? 'the kernel' : kind === 'guest' ? 'a guest' : ovs ? 'Open vSwitch' : null
  if (owner === null) return null
  return blocked({
    code: 'E_IF_VIRTUAL',
    because: `${name} belongs to ${owner} and is no network card`,
    remedy: ovs ? 'Leave it out, or set includeOvsPorts=true.' : 'Leave it out.',
  })
}
