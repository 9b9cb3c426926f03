import type { Guard } from '../../src/engine/guard-port.ts'
import type { Connection, Ports as EnginePorts, Journal, Transport } from '../../src/engine/ports.ts'
import type { Cloud } from '../../src/model/cloud.ts'
import { JournalFailed } from '../../src/model/errors.ts'

/** Where a controller dies: after its nth durable row of a kind, or around the nth call of a guard's verb. */
export type Death =
  | {
      readonly after: 'row'
      readonly type: string
      readonly nth?: number
      readonly step?: string
      readonly act?: string
    }
  | {
      readonly after: 'call' | 'before-call'
      readonly verb: keyof Guard
      readonly nth?: number
      readonly step?: string
    }
  | {
      readonly after: 'cloud-call' | 'before-cloud-call'
      readonly verb: keyof Cloud
      readonly nth?: number
    }
  /** While the host still works: a span after the call has left. */
  | {
      readonly after: 'start-of-call'
      readonly verb: keyof Guard
      readonly nth?: number
      readonly step?: string
      readonly milliseconds: number
    }

/** As when the journal is gone: nothing more may begin. */
export class ControllerDied extends JournalFailed {}

/**
 * Ports of a controller that dies at one exact place. `die` is what dying means: to throw, or to kill the process.
 * Once dead, every call throws, so that nothing of the dead controller reaches journal or host.
 */
export function mortalPorts<Ports extends { journal: Journal; transport: Transport; cloud?: EnginePorts['cloud'] }>(
  ports: Ports,
  death: Death | null,
  die: () => void = () => {},
): Ports {
  let dead = false
  let seen = 0
  const fall = (): never => {
    dead = true
    die()
    throw new ControllerDied('the controller died here')
  }
  const live = () => {
    if (dead) throw new ControllerDied('the controller is dead')
  }
  const hit = (matches: boolean): boolean => matches && ++seen === (death?.nth ?? 1)

  const journal: Journal = {
    ...ports.journal,
    async append(events, lease) {
      live()
      const rows = await ports.journal.append(events, lease)
      live()
      for (const row of rows) {
        const named = death?.after === 'row' && (death.type === 'any' || row.type === death.type)
        const step = named && (death.step === undefined || ('step' in row && row.step === death.step))
        if (hit(step && (death.act === undefined || ('act' in row && row.act === death.act)))) fall()
      }
      return rows
    },
    async lease(run, host) {
      live()
      return ports.journal.lease(run, host)
    },
  }

  const guardOf = (guard: Guard): Guard => {
    const wrap =
      (verb: keyof Guard) =>
      async (...given: unknown[]): Promise<unknown> => {
        live()
        // Every verb takes what the port says; the wrapper only passes it on.
        const call = () => (guard[verb] as (...all: unknown[]) => Promise<unknown>)(...given)
        const request = given[0] as { step?: string } | undefined
        const here =
          (death?.after === 'call' || death?.after === 'before-call' || death?.after === 'start-of-call') &&
          hit(death.verb === verb && (death.step === undefined || request?.step === death.step))
        if (!here) {
          const answer = await call()
          live()
          return answer
        }
        if (death.after === 'before-call') return fall()
        if (death.after === 'start-of-call') {
          call().catch(() => {})
          await new Promise((resolve) => setTimeout(resolve, death.milliseconds))
          return fall()
        }
        await call()
        return fall()
      }
    const verbs = Object.keys(guard) as (keyof Guard)[]
    // The same verbs with the same shapes, each behind the wrapper above.
    return Object.fromEntries(verbs.map((verb) => [verb, wrap(verb)])) as unknown as Guard
  }

  const mortalCloud =
    (clouds: EnginePorts['cloud']): EnginePorts['cloud'] =>
    (name) => {
      const alive = clouds(name)
      const wrap =
        (verb: keyof Cloud) =>
        async (...given: unknown[]): Promise<unknown> => {
          live()
          const here =
            (death?.after === 'cloud-call' || death?.after === 'before-cloud-call') && hit(death.verb === verb)
          if (here && death?.after === 'before-cloud-call') return fall()
          // As with the guard: the wrapper only passes on what the verb takes.
          const answer = await (alive[verb] as (...all: unknown[]) => Promise<unknown>)(...given)
          return here ? fall() : answer
        }
      const verbs = Object.keys(alive) as (keyof Cloud)[]
      return Object.fromEntries(verbs.map((verb) => [verb, wrap(verb)])) as unknown as Cloud
    }

  const transport: Transport = {
    async open(host, options) {
      live()
      const connection = await ports.transport.open(host, options)
      const alive = (through: Connection['behind']): Connection['behind'] => ({
        look: async (command, limits) => {
          live()
          return through.look(command, limits)
        },
        read: async (path) => {
          live()
          return through.read(path)
        },
      })
      return {
        ...alive(connection),
        behind: alive(connection.behind),
        guard: guardOf(connection.guard),
        close: () => connection.close(),
      }
    },
  }
  const { cloud } = ports
  return { ...ports, journal, transport, ...(cloud ? { cloud: mortalCloud(cloud) } : {}) }
}
