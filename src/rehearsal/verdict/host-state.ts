import type { TestHost } from '../hosts/test-host.ts'
import { takeRunning } from './running.ts'
import { beyondRecord, type Difference, differences, type Snapshot, takeSnapshot } from './snapshot.ts'

/** Files and what runs, at one moment. */
export type HostState = Snapshot

export async function takeState(host: TestHost): Promise<HostState> {
  const [files, running] = await Promise.all([takeSnapshot(host), takeRunning(host)])
  return new Map([...files, ...running])
}

/** What a host has become since, without the product's own record. */
export const differencesSince = async (host: TestHost, before: HostState): Promise<readonly Difference[]> =>
  beyondRecord(differences(before, await takeState(host)))
