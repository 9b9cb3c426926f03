import type { Clock, Connection, Transport } from '../../src/engine/ports.ts'
import { type FakeHost, fakeHost, fakeTransport } from '../../src/testing.ts'

export interface SiteOptions {
  readonly clock: Clock
  readonly hosts: number
  readonly domainOf: (host: string) => string
}

/** So long a new connection and each question take, in milliseconds. */
const DIAL = 1_000
/** A change takes from 3 to 7 seconds, in whole ones: each host its own span. */
const CHANGE = (number: number) => 3_000 + 1_000 * (number % 5)

/** Hosts that are there while somebody needs them; what must be known of each for ever is one byte. */
export function simulatedSite({ clock, hosts, domainOf }: SiteOptions) {
  const bumped = new Uint8Array(hosts)
  const present = new Map<string, FakeHost>()
  const lines = new Map<string, number>()
  const open = new Map<string, number>()
  const most = { open: 0, ofDomain: 0, present: 0 }
  let owned = 0

  const count = (host: FakeHost, before: boolean) => {
    const now = host.owner?.state === 'owned'
    if (now === before) return
    const domain = domainOf(host.name)
    owned += now ? 1 : -1
    open.set(domain, (open.get(domain) ?? 0) + (now ? 1 : -1))
    most.open = Math.max(most.open, owned)
    most.ofDomain = Math.max(most.ofDomain, open.get(domain) ?? 0)
  }

  function hostNamed(name: string): FakeHost {
    const there = present.get(name) ?? bumpedHost(name, bumped)
    present.set(name, there)
    most.present = Math.max(most.present, present.size)
    return there
  }

  /** What a worker reaches them by, until it is dead: from then on it hears nothing. */
  const reach = (alive: () => boolean): Transport => ({
    async open(target, options) {
      const host = hostNamed(target.name)
      lines.set(host.name, (lines.get(host.name) ?? 0) + 1)
      await clock.sleep(DIAL)
      if (!alive()) return never()
      const connection = await fakeTransport({ hosts: [host], clock }).open(target, options)
      return counted(connection, host, alive)
    },
  })

  function counted(connection: Connection, host: FakeHost, alive: () => boolean): Connection {
    const { guard } = connection
    const changed =
      <Words extends readonly unknown[], Answer>(act: (...words: Words) => Promise<Answer>) =>
      async (...words: Words): Promise<Answer> => {
        if (!alive()) return never()
        const before = host.owner?.state === 'owned'
        const answer = await act(...words)
        count(host, before)
        return answer
      }
    return {
      ...connection,
      guard: {
        ...guard,
        claim: changed(guard.claim),
        release: changed(guard.release),
        change: async (request) => {
          await clock.sleep(CHANGE(numberOf(host.name)))
          return alive() ? guard.change(request) : never()
        },
      },
      async close() {
        await connection.close()
        const left = (lines.get(host.name) ?? 1) - 1
        lines.set(host.name, left)
        if (left > 0 || host.owner?.state === 'owned') return
        lines.delete(host.name)
        present.delete(host.name)
      },
    }
  }

  return {
    reach,
    most,
    /** Hosts by how often they were bumped. */
    bumps: () => [0, 1, 2].map((times) => bumped.filter((count_) => Math.min(count_, 2) === times).length),
  }
}

export const numberOf = (host: string): number => Number(host.slice(3))

const never = <Answer>(): Promise<Answer> => new Promise(() => {})

function bumpedHost(name: string, bumped: Uint8Array): FakeHost {
  const number = numberOf(name)
  return fakeHost({
    name,
    commands: [
      [/^count /, () => `${bumped[number]}\n`],
      [
        /^bump /,
        () => {
          bumped[number] = (bumped[number] ?? 0) + 1
          return ''
        },
      ],
    ],
  })
}
