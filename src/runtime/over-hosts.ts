import PQueue from 'p-queue'

/** Does the same for each host, so many at a time, and gives the results in the order of the hosts. */
export function overHosts<Host, Value>(
  hosts: readonly Host[],
  concurrency: number,
  work: (host: Host) => Promise<Value>,
): Promise<readonly Value[]> {
  return new PQueue({ concurrency }).addAll(hosts.map((host) => () => work(host)))
}
