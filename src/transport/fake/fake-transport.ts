import type { Clock, Connection, Transport } from '../../engine/ports.ts'
import { HostUnreachable } from '../../model/errors.ts'
import { fakeGuard, fingerprint, type Moment } from './fake-guard.ts'
import { type FakeHost, fireFake, runFake } from './fake-host.ts'

export interface FakeTransportOptions {
  readonly hosts: readonly FakeHost[]
  readonly clock: Clock
  /** Called at each moment of a change; what it throws is the end of this controller, not of the host's work. */
  readonly moment?: (moment: Moment, host: FakeHost) => void
  /** `off` leaves out the host's refusal of stale tokens. Default `on`. */
  readonly fence?: 'on' | 'off'
}

/** Reaches fake hosts. A reboot loses every line that was open. */
export function fakeTransport({ hosts, clock, moment = () => {}, fence = 'on' }: FakeTransportOptions): Transport {
  const byName = new Map(hosts.map((host) => [host.name, host]))
  return {
    async open({ name }): Promise<Connection> {
      const host = byName.get(name)
      if (!host) throw gone(name, 'no such fake host', false)
      answers(host, clock.now())
      const { bootId } = host
      let closed = false
      const alive = () => {
        if (closed || host.bootId !== bootId) throw gone(name, 'the line was lost', true)
        answers(host, clock.now())
      }
      const questions: Connection['behind'] = {
        async look(command) {
          alive()
          return runFake(host, command)
        },
        async read(path) {
          alive()
          const file = host.files.get(path)
          if (!file) return { state: 'absent', path, text: '', fingerprint: 'absent' }
          const text = new TextDecoder().decode(file.bytes)
          return {
            state: 'present',
            path,
            text,
            fingerprint: fingerprint(file.bytes),
            mode: file.mode,
            owner: file.owner,
          }
        },
      }
      return {
        ...questions,
        // A fake carries a change out at once.
        behind: questions,
        guard: fakeGuard({ host, now: () => clock.now(), moment, alive, fence }),
        async close() {
          closed = true
        },
      }
    },
  }
}

function answers(host: FakeHost, now: number): void {
  fireFake(host, now)
  if (host.unreachable) throw host.unreachable
  if (host.backAt === null) return
  if (now < host.backAt) throw gone(host.name, 'no answer', true)
  host.backAt = null
}

const gone = (name: string, what: string, retry: boolean): HostUnreachable =>
  new HostUnreachable(`${name}: ${what}`, { stage: 'lost', retry, code: 'E_LOST' })

/** A clock on which waiting costs nothing: sleeping moves it forward. */
export function fakeClock(): Clock {
  let time = 0
  return {
    now: () => time,
    async sleep(milliseconds, signal) {
      if (signal?.aborted) return
      time += milliseconds
    },
  }
}
