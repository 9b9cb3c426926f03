import { ABSENT, AT_THE_LIMIT, ORDER, TYPES, UNIQUE } from '../reasons.ts'
import type { Reviewed } from '../reviewed.ts'

/** What satisfies the types alone, where no optional chain survives. */
const DEFAULTS = { why: TYPES.why, mutants: TYPES.mutants.slice(0, 1) }
const CHAINS = { why: TYPES.why, mutants: TYPES.mutants.slice(1) }

/** `'x' in row && row.x !== undefined`: each half narrows the type for the other. */
const NARROWED = 'each half says the same of every step and row that there is; both together satisfy the types'

export const survivors: Reviewed = {
  'src/engine/advance.ts': [
    ORDER,
    UNIQUE,
    ABSENT,
    AT_THE_LIMIT,
    DEFAULTS,
    CHAINS,
    {
      why: 'says what cannot be: another end than those was given before',
      mutants: [
        "conclude: condition: end.kind === 'proved' -> false",
        /^conclude: statement: throw new TypeError/,
        "toWait: condition: end.kind !== 'wait' -> false",
        /^toWait: statement: throw new TypeError/,
      ],
    },
    {
      why: 'the runtime asks no host that has its result, and asks for no end twice',
      mutants: ['advance: condition: release -> false', 'finish: statement: line.ending = null -> nothing'],
    },
    { why: 'what is no other end is a stop', mutants: ["conclude: literal: 'stopped' -> ''"] },
  ],
  'src/engine/go-back.ts': [
    DEFAULTS,
    CHAINS,
    {
      why: NARROWED,
      mutants: [
        /^hasUndo: logic: /,
        /^hasSettle: logic: /,
        /^undoAll: logic: /,
        /^settleAll: logic: /,
        'undoAll: statement: continue -> nothing',
        'settleAll: statement: continue -> nothing (3)',
      ],
    },
    {
      why: 'a step that is not guarded has no switch to stand down',
      mutants: ["backWithin: condition: step.kind === 'guarded' -> true"],
    },
  ],
  'src/engine/go-forward.ts': [
    {
      why: 'a step that only looks is as wished whatever it found',
      mutants: [
        "anyPending: logic: step.kind === 'gate' || step.kind === 'audit' -> step.kind === 'gate'",
        "anyPending: literal: 'audit' -> ''",
      ],
    },
  ],
  'src/engine/host-run.ts': [
    ABSENT,
    {
      why: 'rows of the run alone stand before those of its hosts wherever the order of the two decides',
      mutants: [/^openBook: /],
    },
  ],
  'src/engine/line.ts': [ABSENT],
  'src/engine/make-plan.ts': [
    ABSENT,
    DEFAULTS,
    {
      why: 'only an answer of that state has the field: the state satisfies the types',
      mutants: [/^(asPlanned|planned): logic: /],
    },
  ],
  'src/engine/make-report.ts': [
    { why: 'a run has one row of itself', mutants: ['makeReport: method: find -> findLast'] },
    ABSENT,
    DEFAULTS,
    CHAINS,
  ],
  'src/engine/own-machine.ts': [DEFAULTS],
  'src/engine/replay.ts': [
    UNIQUE,
    { why: NARROWED, mutants: [/^(fold|replayAll): logic: 'host' in row/] },
    { why: 'rows name hosts of their run alone', mutants: ['replayAll: condition: state -> true'] },
    { why: 'only leaving is ever paid', mutants: [/^debts: logic: act === 'leave' && /] },
  ],
  'src/engine/rollout/bastions-last.ts': [DEFAULTS, CHAINS],
}
