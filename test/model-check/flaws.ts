import type { Guard, Marker } from '../../src/engine/guard-port.ts'
import type { Connection, Journal } from '../../src/engine/ports.ts'
import type { Recorded } from '../../src/model/event.ts'
import type { Flaw } from './life/watch.ts'
import { FIRST } from './verbs.ts'
import type { World } from './world.ts'

/** A journal that says of an intent that it is on disk, and stores it with the next row. */
export const promisesIntents: Flaw = {
  journal: (journal, { journals }, name): Journal => ({
    ...journal,
    async append(events, lease) {
      const { late } = journals[name]
      for (const one of late.splice(0)) await journal.append([one.event], one.lease)
      if (events[0]?.type !== 'intent') return journal.append(events, lease)
      for (const event of events) late.push({ event, lease })
      return events.map((event) => ({ ...event, seq: 0, at: 0 }))
    },
  }),
}

/** A journal that loses the last row of a host with the controller that wrote it. */
export const losesTheLastRow: Flaw = {
  async onDeath({ journals: { mine } }) {
    const last = (await mine.journal.rows(FIRST)).findLast((row) => 'host' in row)
    if (last) mine.lost.add(last.seq)
  },
  journal: (journal, { journals }, name): Journal => {
    const kept = (rows: readonly Recorded[]) => rows.filter(({ seq }) => !journals[name].lost.has(seq))
    return { ...journal, rows: async (run, host) => kept(await journal.rows(run, host)) }
  },
}

/** A line that remembers what a file was once it was new, and does not ask the host again. */
export const answersFromMemory: Flaw = {
  connection: (connection, { seen }, host): Connection => ({
    ...connection,
    async read(path) {
      const file = await connection.read(path)
      const key = `remembered ${host} ${path}`
      if (file.text === 'new') seen.set(key, file.fingerprint)
      const fingerprint = seen.get(key)
      return fingerprint && file.state === 'present' ? { ...file, text: 'new', fingerprint: String(fingerprint) } : file
    },
  }),
}

/** A host that compares no tokens. */
export const comparesNoTokens: Flaw = { fence: 'off' }

/** A host that says that it is released, and is not. */
export const keepsItsOwner: Flaw = { guard: (guard): Guard => ({ ...guard, release: async () => {} }) }

/** A host that says that it stands in a bracket, and does not. */
export const entersNoBracket: Flaw = {
  guard: (guard): Guard => ({
    ...guard,
    change: (request) =>
      guard.change(request.act === 'enter' ? { ...request, change: { kind: 'command', text: 'boots' } } : request),
  }),
}

/** A host that keeps no markers. */
export const keepsNoMarkers: Flaw = {
  guard: (guard): Guard => ({
    ...guard,
    inspect: async (run) => ({ ...(await guard.inspect(run)), markers: NO_MARKERS }),
    settleRunning: async (...given) => {
      await guard.settleRunning(...given)
      return NO_MARKERS
    },
  }),
}

const NO_MARKERS: readonly Marker[] = []

/** A journal that gives back another budget than was stored. */
export const forgetsTheBudget: Flaw = {
  journal: (journal: Journal, _world: World): Journal => ({
    ...journal,
    runRows: async (run) =>
      (await journal.runRows(run)).map((row) =>
        row.type === 'run' ? { ...row, rollout: { ...row.rollout, maxFailed: 9 } } : row,
      ),
  }),
}
