import { workForFleet } from '../../runtime/fleet/worker.ts'
import { stepsByParameters } from '../../runtime/run-code.ts'
import { openStoredRun } from '../conduct/open-stored-run.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Verb } from '../verb.ts'
import { openDesk } from '../wiring.ts'
import { storeOf } from './fleet-desk.ts'

/** Does the runs of a store together with other workers, until SIGTERM. */
export const worker: Verb = {
  words: [],
  flags: ['store', 'sites', 'capacity', 'json', 'verbose'],
  examples: [
    ['runbook worker --store postgres://runbook@db/runbook', 'every run of the store'],
    ['runbook worker --store postgres://runbook@db/runbook --sites a,b --capacity 200', 'hosts of two sites only'],
  ],
  async act({ operator, options: typed }) {
    // Nobody sits beside a worker.
    const options = { ...typed, input: false }
    const desk = await openDesk({ operator, options, journal: 'file' })
    try {
      const store = storeOf(desk)
      const ears = operator.hearSignals({
        tell: () => operator.say('Finishing the steps in hand; other workers go on with the rest.'),
        farewell: 'Leaving at once; what runs on the hosts goes on, and other workers meet it.',
      })
      operator.say(`${desk.who} works for the store`)
      await workForFleet({
        store: { ...store, journal: desk.journal },
        ports: { ...desk.ports, journal: desk.journal },
        name: desk.who,
        sites: options.sites ?? null,
        capacity: options.capacity ?? desk.width.concurrency ?? CAPACITY,
        open: async (run) => {
          const event = await findRun(store.journal, run)
          const { runbook } = await openStoredRun(desk, event, options)
          return { event, stepsOf: stepsByParameters(runbook) }
        },
        say: (line) => operator.say(line),
        signals: ears,
      })
      return ears.exitCode() ?? 0
    } finally {
      await desk.close()
    }
  },
}

/** Hosts that one worker has open at a time when nothing is said. */
const CAPACITY = 50
