import type { Cloud } from '../../model/cloud.ts'

/** Writes down on the host what is about to be asked of the cloud. Throws NotOwner where the host is no longer this run's. */
export type Fence = (what: string, whose: string) => Promise<unknown>

/**
 * A cloud whose every change is first written down on the host that it is for. So a controller that woke up too late is
 * refused before it touches the cloud, and a resume finds the start marker of what may have happened there.
 */
export const fenceCloud = (cloud: Cloud, fence: Fence): Cloud => ({
  ...cloud,
  async disable(computeHost, reason) {
    await fence('disable the compute service', computeHost)
    await cloud.disable(computeHost, reason)
  },
  async enable(computeHost) {
    await fence('enable the compute service', computeHost)
    await cloud.enable(computeHost)
  },
  async liveMigrate(id) {
    await fence('live-migrate', id)
    await cloud.liveMigrate(id)
  },
  async coldMigrate(id) {
    await fence('migrate', id)
    await cloud.coldMigrate(id)
  },
  async confirmMove(id) {
    await fence('confirm the migration', id)
    await cloud.confirmMove(id)
  },
  async setNetworkMtu(id, mtu) {
    await fence(`set MTU ${mtu} of the network`, id)
    await cloud.setNetworkMtu(id, mtu)
  },
})
