import { type FakeHost, finishUnfinished, fireFake, rebootFake } from '../../../src/testing.ts'
import { hostOf, type World } from '../world.ts'
import type { Choice, Position, State } from './state.ts'

/** What happens on hosts by itself. */
export function events({ world, positions, left }: State): readonly Choice[] {
  return world.hosts.flatMap((host): readonly Choice[] => {
    const { name } = host
    const on = (words: string, act: (host: FakeHost, world: World) => void, spent: Partial<State['left']> = {}) => [
      {
        words: `${name}: ${words}`,
        take: async (state: State): Promise<State> => {
          act(hostOf(state.world, name), state.world)
          return { ...state, left: { ...state.left, ...spent } }
        },
      },
    ]
    return [
      ...(host.unfinished && !isHeard(host, positions)
        ? on('the command ends, and nobody hears of it', finishUnfinished)
        : []),
      ...(host.rebootUnits.size > 0 ? on('goes down as it was asked, and is back', bootAsAsked) : []),
      ...(left.boots > 0 ? on('goes down by itself, and is back', boot, { boots: left.boots - 1 }) : []),
      ...(left.deadlines > 0 && host.switch?.state === 'armed' && host.switch.firesAt < Number.POSITIVE_INFINITY
        ? on('the deadline of its switch passes', fire, { deadlines: left.deadlines - 1 })
        : []),
    ]
  })
}

const boot = (host: FakeHost): void => {
  rebootFake(host, 0)
  host.backAt = null
}

function bootAsAsked(host: FakeHost, { seen }: World): void {
  for (const run of host.rebootUnits) count(seen, `boots ${run} ${host.name}`)
  boot(host)
}

function fire(host: FakeHost, { seen }: World): void {
  fireFake(host, Number.POSITIVE_INFINITY)
  seen.set(`given ${host.name}`, 'fired')
}

const count = (seen: World['seen'], key: string): void => {
  seen.set(key, Number(seen.get(key) ?? 0) + 1)
}

/** Does a controller wait for the end of what runs on the host? */
export const isHeard = (host: FakeHost, positions: readonly Position[]): boolean =>
  positions.some(({ state, begun }) => state === 'lives' && begun.get(host.name) === host.unfinished?.marker)
