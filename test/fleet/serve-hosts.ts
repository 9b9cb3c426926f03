import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

import type { ChangeRequest } from '../../src/engine/guard-port.ts'
import type { Connection } from '../../src/engine/ports.ts'
import type { RunbookError } from '../../src/model/errors.ts'
import { type FakeHost, fakeTransport } from '../../src/testing.ts'

/** One call from a worker's process. `line` is the number of the connection that it is on. */
export interface RemoteCall {
  /** Name of the worker. */
  readonly worker: string
  readonly id: number
  readonly line: number
  readonly host: string
  readonly call: string
  readonly words: readonly unknown[]
}

export interface RemoteAnswer {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly name: string; readonly message: string; readonly options: object }
}

/** Fake hosts that outlive the processes of workers, behind a socket. They see for themselves who holds them. */
export interface ServedHosts extends AsyncDisposable {
  /** The most hosts of one domain that were owned at the same time. */
  mostOwned(): ReadonlyMap<string, number>
  /**
   * Calls back once, when a host has carried out the first change of a step of this worker. Its answer waits for that: until
   * then the worker cannot make the second one.
   */
  onBegun(worker: string, act: (begun: Begun) => Promise<void>): void
}

/** A step that is being carried out on a host. */
export interface Begun {
  readonly host: string
  readonly step: string
}

export async function serveHosts(
  path: string,
  { hosts, domainOf, fence }: { hosts: readonly FakeHost[]; domainOf: (host: string) => string; fence: 'on' | 'off' },
): Promise<ServedHosts> {
  const clock = { now: () => performance.now(), sleep: async () => {} }
  const transport = fakeTransport({ hosts, clock, fence })
  const most = new Map<string, number>()
  const sockets = new Set<Socket>()
  const ears = new Map<string, (begun: Begun) => Promise<void>>()

  const look = (domain: string) => {
    const owned = hosts.filter(({ name, owner }) => domainOf(name) === domain && owner?.state === 'owned').length
    most.set(domain, Math.max(owned, most.get(domain) ?? 0))
  }

  const begun = async (worker: string, host: string, { step, n }: ChangeRequest) => {
    const act = ears.get(worker)
    if (n !== 1 || !act) return
    ears.delete(worker)
    await act({ host, step })
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    const lines = new Map<number, Connection>()
    const perform = async ({ worker, line, host, call, words }: RemoteCall): Promise<unknown> => {
      if (call === 'open') {
        // A fake transport reaches its hosts by their names alone.
        lines.set(
          line,
          await transport.open({ name: host } as Parameters<typeof transport.open>[0], { deadline: '1s' }),
        )
        return null
      }
      const connection = lines.get(line)
      if (!connection) throw new TypeError(`no line ${line}`)
      // The other end has the same port, and asks for its methods by their names.
      const owner = call in connection.guard ? connection.guard : connection
      const answer = await (owner as unknown as Record<string, (...all: readonly unknown[]) => Promise<unknown>>)[
        call
      ]?.(...words)
      if (call === 'claim' || call === 'release') look(domainOf(host))
      if (call === 'change') await begun(worker, host, words[0] as ChangeRequest)
      return answer ?? null
    }
    const calls = createInterface({ input: socket })
    // It repeats the errors of a socket whose process was killed.
    calls.on('error', () => {})
    calls.on('line', async (text) => {
      const asked = JSON.parse(text) as RemoteCall
      const answer = await perform(asked).then(
        (value): RemoteAnswer => ({ id: asked.id, value }),
        (error: RunbookError): RemoteAnswer => {
          const { name, message, ...options } = { ...error, name: error.name, message: error.message }
          return { id: asked.id, error: { name, message, options } }
        },
      )
      socket.write(`${JSON.stringify(answer)}\n`)
    })
  }).listen(path)
  await once(server, 'listening')
  return {
    mostOwned: () => most,
    onBegun: (worker, act) => void ears.set(worker, act),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
