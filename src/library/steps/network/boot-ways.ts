import type { FileState, Probe } from '../../../model/probe.ts'
import { connectionsOf } from '../../facts/network/connections.ts'
import { interfacesFiles } from '../../facts/network/interfaces-files.ts'
import { systemdVersion } from '../../facts/system.ts'
import { unitState } from '../../facts/units.ts'
import { type BootWays, type Persistence, propertyOf } from './offload-persistence.ts'
import { type OffloadWish, type Target, targetsOf } from './offload-targets.ts'

/** The interfaces of the wish, and who may bring their features back at the next boot; nobody is asked in vain. */
export async function bootWays(
  host: Probe,
  wish: OffloadWish,
  persist: Persistence,
): Promise<{ readonly targets: readonly Target[]; readonly ways: BootWays }> {
  const [{ all, targets }, systemd] = await Promise.all([targetsOf(host, wish), host.ask(systemdVersion)])
  const names = targets.map(({ nic }) => nic.name)
  const may = (way: Persistence) => names.length > 0 && (persist === 'auto' || persist === way)
  const [profiles, interfaces, ifcfg] = await Promise.all([
    may('networkmanager') ? host.ask(connectionsOf(names, Object.keys(wish.features).map(propertyOf))) : new Map(),
    may('ifupdown') ? filesOfIfupdown(host) : [],
    may('ifcfg') ? filesOfInitscripts(host, names) : new Map(),
  ])
  const ways = { wish: wish.features, systemd, ethtool: all.ethtool ?? '', profiles, interfaces, ifcfg }
  return { targets, ways }
}

async function filesOfIfupdown(host: Probe): Promise<readonly FileState[]> {
  return Promise.all((await host.ask(interfacesFiles)).map((path) => host.read(path)))
}

/** RHEL 7 and older have a service by the name of `network` that reads them; later it is NetworkManager. */
async function filesOfInitscripts(host: Probe, names: readonly string[]): Promise<ReadonlyMap<string, FileState>> {
  if ((await host.ask(unitState('network.service'))).active !== 'active') return new Map()
  const read = async (name: string) => [name, await host.read(`/etc/sysconfig/network-scripts/ifcfg-${name}`)] as const
  const files = await Promise.all(names.map(read))
  return new Map(files.filter(([, { state }]) => state === 'present'))
}
