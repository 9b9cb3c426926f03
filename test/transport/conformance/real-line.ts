import { afterEach, beforeEach } from 'vitest'
import type { ChangeAnswer, ChangeRequest } from '../../../src/engine/guard-port.ts'
import type { Connection } from '../../../src/engine/ports.ts'
import type { Token } from '../../../src/model/event.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { type GuardSite, nextRun, runOn } from './guard-conformance.ts'

/** A real host: the tests may run what they like on it. */
export interface RealSite extends GuardSite {
  /** Runs a command beside the transport, as root. */
  inside(command: string): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>
  /** Cuts every line to the host; what runs there goes on. */
  cut(): Promise<void>
}

/** An open line for each test, in the name of a run that no other test has. */
export interface RealLine {
  readonly site: RealSite
  readonly connection: Connection
  readonly run: string
  /** A file that no other test touches. */
  readonly path: string
  readonly mine: ReturnType<typeof runOn>
  /** Opens another line. */
  fresh(): Promise<Connection>
  /** From here on the test uses a new line. */
  renew(): Promise<void>
  look(command: string): Promise<Answer>
  claim(): Promise<Token>
  /** One command in the name of the token that `claim` gave last. */
  command(text: string, more?: Partial<ChangeRequest>): Promise<ChangeAnswer>
  change(change: ChangeRequest['change'], more?: Partial<ChangeRequest>): Promise<ChangeAnswer>
}

/** Lays out the line for the tests of a describe block; the run is unlocked after each. */
export function useLine(given: () => RealSite): RealLine {
  let token: Token | undefined
  let connection: Connection | undefined
  const held = { run: '', path: '', mine: {} as ReturnType<typeof runOn> }
  const line: RealLine = {
    get site() {
      return given()
    },
    get connection() {
      if (!connection) throw new Error('no line is open yet')
      return connection
    },
    get run() {
      return held.run
    },
    get path() {
      return held.path
    },
    get mine() {
      return held.mine
    },
    fresh: () => line.site.transport.open(line.site.host, { deadline: '30s' }),
    async renew() {
      connection = await line.fresh()
      held.mine = runOn(connection, held.run)
    },
    look: (command) => line.connection.look(command, { limit: '10s' }),
    async claim() {
      token = await held.mine.claim()
      return token
    },
    command: (text, more = {}) => line.change({ kind: 'command', text }, more),
    change(change, more = {}) {
      if (!token) throw new Error('nothing is claimed yet')
      return held.mine.change(token, change, more)
    },
  }

  beforeEach(async () => {
    connection ??= await line.fresh()
    held.run = nextRun()
    held.path = `${line.site.folder}/${held.run}.conf`
    held.mine = runOn(connection, held.run)
  })
  afterEach(async () => {
    await line.connection.guard.unlock(held.run)
  })
  return line
}
