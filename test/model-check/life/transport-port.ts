import type { Guard } from '../../../src/engine/guard-port.ts'
import type { Clock, Connection, Transport } from '../../../src/engine/ports.ts'
import { HostUnreachable } from '../../../src/model/errors.ts'
import { fakeTransport } from '../../../src/testing.ts'
import { hostOf, text, type World } from '../world.ts'
import type { Ask } from './call.ts'
import type { GuardRequest, Watched } from './watch.ts'

/** Time stands still for controllers: that a deadline passes is an event of its own. */
export const STILL: Clock = { now: () => 0, sleep: async () => {} }

/** Thrown by the fake host's hook to leave a change as it runs. */
class LeftRunning extends Error {}

/** Lines to fake hosts whose calls wait to be let through; a boot of the host loses them. */
export function transportPort(parts: Watched, ask: Ask, dialled: Set<string>): Transport {
  const { flaw, witness, name: life } = parts
  const reach = async (world: World, host: string) => {
    const moment = (which: string) => {
      if (which === 'started') throw new LeftRunning()
    }
    const options = { hosts: [hostOf(world, host)], clock: STILL, moment, ...(flaw.fence ? { fence: flaw.fence } : {}) }
    return fakeTransport(options).open({ name: host, connection: {} as never }, { deadline: '30s' })
  }
  return {
    async open({ name: host }) {
      const again = dialled.has(host)
      dialled.add(host)
      const bootId = await ask<string>({
        lane: host,
        kind: 'read',
        mutex: false,
        again,
        words: `dials ${host}`,
        act: async (world) => {
          await reach(world, host)
          return { value: hostOf(world, host).bootId, print: hostOf(world, host).bootId }
        },
      })
      let closed = false
      const line = async (world: World) => {
        if (closed || hostOf(world, host).bootId !== bootId) throw lost(host)
        const plain = await reach(world, host)
        return flaw.connection?.(plain, world, host) ?? plain
      }
      const guardOf = async (world: World) => {
        const { guard } = await line(world)
        return flaw.guard?.(guard, world, host) ?? guard
      }
      const call = (verb: keyof Guard, request: unknown): Promise<never> => {
        const given = (typeof request === 'object' ? { ...request, life } : { life }) as GuardRequest
        const { step, act, attempt } = given
        const about = [act, step, attempt].filter((word) => word !== undefined).join(' ')
        return ask({
          lane: host,
          kind: verb === 'change' ? 'change' : verb === 'inspect' || verb === 'settleRunning' ? 'read' : 'write',
          mutex: MUTEX.has(verb),
          words: `${GUARD_WORDS[verb] ?? verb} ${host}${about ? `: ${about}` : ''}`,
          act: async (world) => {
            const guard = await guardOf(world)
            try {
              // Every verb takes what the port says; it is only passed on.
              const armed = hostOf(world, host).switch?.state === 'armed'
              const value = await (guard[verb] as (given: unknown) => Promise<unknown>)(request)
              await witness.taken(world, { kind: 'guard-done', host, verb, request: given, answer: value, armed })
              return { value, print: text(value) }
            } catch (error) {
              if (!(error instanceof LeftRunning)) throw error
              await witness.taken(world, { kind: 'guard', host, verb, request: given })
              return { value: undefined, print: '' }
            }
          },
        })
      }
      const guard = Object.fromEntries(
        VERBS.map((verb) => [verb, (request: unknown) => call(verb, request)]),
      ) as unknown as Guard
      const read = { lane: host, kind: 'read', mutex: false } as const
      // Calls of one host keep their order: what is asked behind another call is let through behind it.
      const questions: Connection['behind'] = {
        look: (command, options) =>
          ask({
            ...read,
            words: `asks ${host}: ${command}`,
            act: async (world) => {
              const value = await (await line(world)).look(command, options)
              return { value, print: text(value) }
            },
          }),
        read: (path) =>
          ask({
            ...read,
            words: `reads ${host}:${path}`,
            act: async (world) => {
              const value = await (await line(world)).read(path)
              return { value, print: text(value) }
            },
          }),
      }
      return {
        ...questions,
        behind: questions,
        guard,
        async close() {
          closed = true
        },
      }
    },
  }
}

const MUTEX = new Set<keyof Guard>([
  'claim',
  'change',
  'settleRunning',
  'requestReboot',
  'cancelReboot',
  'arm',
  'disarm',
  'release',
  'clean',
])

const VERBS: readonly (keyof Guard)[] = [
  'inspect',
  'claim',
  'change',
  'settleRunning',
  'requestReboot',
  'cancelReboot',
  'arm',
  'disarm',
  'fire',
  'release',
  'unlock',
  'endRunning',
  'clean',
]

const GUARD_WORDS: Partial<Record<keyof Guard, string>> = {
  inspect: 'inspects',
  claim: 'claims',
  change: 'begins a change on',
  settleRunning: 'waits for what runs on',
  requestReboot: 'asks for a reboot of',
  arm: 'arms a switch on',
  disarm: 'disarms the switch on',
  fire: 'fires the switch on',
  release: 'releases',
  unlock: 'unlocks',
}

/** As the fake transport says it of a line that was open before a boot. */
export const lost = (host: string): HostUnreachable =>
  new HostUnreachable(`${host}: the line was lost`, { stage: 'lost', retry: true, code: 'E_LOST' })
