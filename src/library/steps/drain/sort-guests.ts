import type { CloudProbe, Server } from '../../../model/cloud.ts'
import type { Probe } from '../../../model/probe.ts'
import { runningGuests } from '../running-guests.ts'

/** The guests of a host by what can become of them. */
export interface SortedGuests {
  /** Run, and can be moved alive. */
  readonly movable: readonly Server[]
  /** Nova is doing something with them: wait and look again. */
  readonly busy: readonly Server[]
  /** Run in a state in which nova moves no server. */
  readonly stuck: readonly Server[]
  /** UUIDs of guests that run and that nova does not know on this host. */
  readonly foreign: readonly string[]
  /** Do not run: a restart of the host does nothing to them. */
  readonly off: readonly Server[]
}

/** The guests of a host, asked of libvirt and of nova by nova's name of it. */
export async function guestsOf(host: Probe, cloud: CloudProbe, computeHost: string): Promise<SortedGuests> {
  const [running, servers] = await Promise.all([runningGuests(host), cloud.servers(computeHost)])
  return sortGuests(running, servers)
}

/** States of a server that nova moves alive. */
const MOVABLE: readonly string[] = ['ACTIVE', 'PAUSED']

/** Sorts the servers that nova keeps on a host by what libvirt runs there, which alone a restart would end. */
export function sortGuests(running: readonly string[], servers: readonly Server[]): SortedGuests {
  const runs = (server: Server) => running.includes(server.id)
  const idle = servers.filter(({ task }) => task === null)
  return {
    busy: servers.filter(({ task }) => task !== null),
    movable: idle.filter((server) => runs(server) && MOVABLE.includes(server.status)),
    stuck: idle.filter((server) => runs(server) && !MOVABLE.includes(server.status)),
    off: idle.filter((server) => !runs(server)),
    foreign: running.filter((uuid) => !servers.some(({ id }) => id === uuid)),
  }
}

/** Names for a sentence: all of a few, the first of many. */
export function namesOf(servers: readonly { readonly name: string }[]): string {
  const names = servers.slice(0, 8).map(({ name }) => name)
  return servers.length > names.length
    ? `${names.join(', ')} and ${servers.length - names.length} more`
    : names.join(', ')
}

export const guestsInWords = (count: number): string => `${count} ${count === 1 ? 'guest' : 'guests'}`
