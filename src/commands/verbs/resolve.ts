import { type HostState, replay } from '../../engine/replay.ts'
import { UsageError } from '../../model/errors.ts'
import { findRun } from '../conduct/run-name.ts'
import type { Options } from '../flags.ts'
import type { Verb } from '../verb.ts'
import { openDesk } from '../wiring.ts'
import { checkReason } from './check-reason.ts'

/** A person decides what became of a step whose end nobody saw. */
export const resolve: Verb = {
  words: ['<run>', '<host>', '<step>'],
  flags: ['store', 'done', 'rerun', 'fail', 'reason', 'json'],
  examples: [['runbook resolve 7f3k2 hv-03 image-imported --done', 'somebody looked: it is there']],
  async act({ operator, options, words: [run = '', host = '', step = ''] }) {
    const as = decision(options)
    const desk = await openDesk({ operator, options, journal: 'existing' })
    try {
      const event = await findRun(desk.journal, run)
      checkReason(event, options.reason)
      if (!event.hosts.some(({ name }) => name === host)) throw new UsageError(`run ${run} has no host "${host}"`)
      const doubtful = inDoubt(replay(host, await desk.journal.rows(run)))
      if (!doubtful.includes(step)) {
        const known = doubtful.length > 0 ? `In doubt: ${doubtful.join(', ')}.` : 'Nothing is in doubt there.'
        throw new UsageError(`${host}: the step "${step}" is not in doubt in run ${run}. ${known}`)
      }
      const data = { step, as }
      await desk.journal.append([
        { type: 'control', run, host, action: 'resolve', data, who: desk.who, reason: options.reason ?? '' },
      ])
      operator.say(`Go on with: runbook resume ${run} --limit ${host}`)
      return 0
    } finally {
      await desk.close()
    }
  },
}

/** Steps that began and whose end nobody saw, or that were resolved before. */
const inDoubt = ({ attempts, resolutions }: HostState): readonly string[] => [
  ...new Set([
    ...attempts
      .filter(({ state, result }) => state === 'begun' || result?.code === 'E_IN_DOUBT')
      .map(({ step }) => step),
    ...Object.keys(resolutions),
  ]),
]

function decision({ done, rerun, fail }: Options): 'done' | 'rerun' | 'fail' {
  const said = (['done', 'rerun', 'fail'] as const).filter((word) => ({ done, rerun, fail })[word])
  const [only] = said
  if (only && said.length === 1) return only
  throw new UsageError('say exactly one of --done, --rerun, --fail')
}
