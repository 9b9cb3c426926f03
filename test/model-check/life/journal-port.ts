import type { Journal } from '../../../src/engine/ports.ts'
import type { Event } from '../../../src/model/event.ts'
import { chainOf, store, text, type World } from '../world.ts'
import type { Ask } from './call.ts'
import type { Watched } from './watch.ts'

/** A journal whose calls wait to be let through, each in the lane of its host. */
export function journalPort({ journal: name, flaw, name: life, witness }: Watched, ask: Ask): Journal {
  const of = (world: World): Journal => {
    const own = world.journals[name]
    const plain: Journal = {
      ...own.journal,
      async append(events, lease) {
        const rows = await store(own, events, lease)
        for (const row of events) await witness.taken(world, { kind: 'row', row, life, journal: name })
        return rows
      },
    }
    return flaw.journal?.(plain, world, name) ?? plain
  }
  const chains = (world: World, run: string, host?: string) => {
    const all = [...world.journals[name].chains].filter(([key]) =>
      host === undefined ? key.startsWith(`${run} `) : key === chainOf(run, host),
    )
    return text([all, [...world.journals[name].lost]])
  }
  const read = { kind: 'read', mutex: false } as const
  return {
    id: name,
    append: (events, lease) => {
      const hosts = new Set(events.map((event) => ('host' in event ? (event.host ?? '') : '')))
      const lane = hosts.size === 1 ? [...hosts][0]! : ''
      return ask({
        lane,
        kind: 'write',
        mutex: false,
        words: `writes down: ${events.map(inWords).join('; ') || 'nothing'}`,
        act: async (world) => {
          return { value: await of(world).append(events, lease), print: '' }
        },
      })
    },
    lease: (run, host) =>
      ask({
        lane: host,
        kind: 'write',
        mutex: false,
        words: `takes the lease of ${host}`,
        act: async (world) => {
          const value = await of(world).lease(run, host)
          world.journals[name].leases.set(chainOf(run, host), value.token)
          return { value, print: text(value) }
        },
      }),
    rows: (run, host) =>
      ask({
        ...read,
        lane: host ?? '',
        words: 'reads its rows',
        act: async (world) => ({ value: await of(world).rows(run, host), print: chains(world, run, host) }),
      }),
    runRows: (run) =>
      ask({
        ...read,
        lane: '',
        words: 'reads the rows of the run',
        act: async (world) => ({ value: await of(world).runRows(run), print: chains(world, run, '') }),
      }),
    head: (run, host) =>
      ask({
        ...read,
        lane: host,
        words: 'reads the head of the chain',
        act: async (world) => ({ value: await of(world).head(run, host), print: chains(world, run, host) }),
      }),
    rowsSince: () => Promise.reject(new TypeError('no controller of the check follows a run')),
    runs: () => Promise.reject(new TypeError('no controller of the check asks for all runs')),
    verify: () => Promise.reject(new TypeError('no controller of the check verifies')),
    attach: async () => null,
    detach: async () => {},
    storeBundle: async () => '',
    bundle: async () => [],
    close: async () => {},
  }
}

function inWords(event: Event): string {
  const { type } = event
  if (type === 'intent') return `intent ${event.act} ${event.step} ${event.attempt}`
  if (type === 'void') return `void ${event.act} ${event.step} ${event.attempt}`
  if (type === 'outcome') return `outcome ${event.act} ${event.step} ${event.attempt}: ${event.result.outcome}`
  if (type === 'release') return `release: ${event.result}${event.code ? ` ${event.code}` : ''}`
  if (type === 'control') return `${event.action}${event.host ? ` ${event.host}` : ''}`
  return type === 'claim' ? `claim, epoch ${event.token.epoch}` : type
}
