import { ABSENT, ORDER, TYPES, UNIQUE } from '../reasons.ts'
import type { Reviewed } from '../reviewed.ts'

/** What satisfies the types alone, where no optional chain survives. */
const DEFAULTS = { why: TYPES.why, mutants: TYPES.mutants.slice(0, 1) }
const CHAINS = { why: TYPES.why, mutants: TYPES.mutants.slice(1) }

/** `'x' in row && row.x !== undefined`: each half narrows the type for the other. */
const NARROWED = 'each half says the same of every step and row that there is; both together satisfy the types'

const STOP = 'what is no other end is a stop'

export const survivors: Reviewed = {
  'src/engine/advance.ts': [
    ORDER,
    ABSENT,
    DEFAULTS,
    {
      why: 'says what cannot be: another end than those was given before',
      mutants: [
        "conclude: condition: end.kind === 'proved' -> false",
        "conclude: literal: 'proved' -> ''",
        /^conclude: statement: throw new TypeError/,
        "toWait: condition: end.kind !== 'wait' -> false",
        /^toWait: statement: throw new TypeError/,
      ],
    },
    {
      why: "reading an error as a failure throws on what ends this process's work",
      mutants: ['advance: statement: throw error -> nothing', /^advance: logic: error instanceof LeaseLost \|\| /],
    },
    {
      why: 'a claim stands before every intent: what is touched has given a token',
      mutants: ['meetWhatWasBegun: logic: state.token !== null || touched(state) -> state.token !== null'],
    },
    {
      why: 'who has released a host under the token in hand has its ending too, and does not come here',
      mutants: [
        "meetWhatWasBegun: logic: line.token === null && owner?.state === 'released' -> owner?.state === 'released'",
      ],
    },
    {
      why: 'without an end from here the caller goes on all the same',
      mutants: ['meetWhatWasBegun: return value: goOn(trip, connection) -> undefined'],
    },
  ],
  'src/engine/go-back.ts': [
    DEFAULTS,
    CHAINS,
    {
      why: NARROWED,
      mutants: [
        /^hasWork: logic: 'settle' in step && /,
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
    { why: 'one bracket at a time has a switch', mutants: ['goBack: method: findLast -> find'] },
    { why: 'whatever is no proof is left as a failure', mutants: ["goBack: literal: 'ended' -> '' (2)"] },
    { why: STOP, mutants: ["undoAll: literal: 'stopped' -> ''", "settleAll: literal: 'stopped' -> ''"] },
    {
      why: 'a reboot has nothing else that settles it: it is passed over by that as well',
      mutants: ['settleAll: statement: continue -> nothing (2)'],
    },
    {
      why: TYPES.why,
      mutants: [
        "settle: logic: apply === undefined || apply === 'apply' -> apply === 'apply'",
        "stuck: literal: '' -> 'mutant' (2)",
      ],
    },
    {
      why: 'it only saves the question of a step that no bracket is around',
      mutants: [/^enterAround: logic: brackets\.length === 0 \|\| .* -> !\(await hasWork/],
    },
    {
      why: 'a bracket that owes nothing is left by doing nothing',
      mutants: ['leaveAll: logic: owed && !keeps -> !keeps'],
    },
    {
      why: 'what a check has refused is read only where no step has failed',
      mutants: ['wholeEnding: logic: cause || !why -> !why'],
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
    {
      why: 'behind the last step there is none',
      mutants: ['runSteps: boundary: at < steps.length -> at <= steps.length'],
    },
  ],
  'src/engine/host-run.ts': [
    ABSENT,
    {
      why: 'rows of the run alone stand before those of its hosts wherever the order of the two decides',
      mutants: [/^openBook: /],
    },
  ],
  'src/engine/make-plan.ts': [
    ABSENT,
    DEFAULTS,
    CHAINS,
    {
      why: 'only an answer of that state has the field: the state satisfies the types',
      mutants: [
        /^(asPlanned|planned): logic: /,
        "decidePlan: logic: check.state === 'needed' && check.diff -> check.diff",
      ],
    },
    { why: ABSENT.why, mutants: ["planned: condition: check.state === 'blocked' -> true"] },
    {
      why: TYPES.why,
      mutants: [
        "planHost: condition: 'before' in step -> true",
        "decidePlan: literal: 'E_BLOCKED' -> ''",
        "decidePlan: literal: '' -> 'mutant'",
      ],
    },
    {
      why: 'a satisfied and a blocked answer tell their reason in the same field',
      mutants: ["textOf: condition: check.state === 'satisfied' -> false", "textOf: literal: 'satisfied' -> ''"],
    },
  ],
  'src/engine/make-report.ts': [
    { why: 'a run has one row of itself', mutants: ['makeReport: method: find -> findLast'] },
    {
      why: 'only a control row has an action: the rest satisfies the types',
      mutants: ["makeReport: logic: row.type === 'control' && row.action === 'end' -> row.action === 'end'"],
    },
    ABSENT,
    DEFAULTS,
    CHAINS,
  ],
  'src/engine/place-steps.ts': [
    { why: 'nobody asks in which order they are told', mutants: ['duplicateIds: method: indexOf -> lastIndexOf'] },
  ],
  'src/engine/replay.ts': [
    UNIQUE,
    { why: NARROWED, mutants: [/^(fold|replayAll): logic: 'host' in row/] },
    { why: 'rows name hosts of their run alone', mutants: ['replayAll: condition: state -> true'] },
    {
      why: 'a host passes over the rows of others by itself: asking first only saves time',
      mutants: [
        "replayAll: condition: 'host' in row && row.host !== undefined -> false",
        "replayAll: literal: 'host' -> ''",
        'replayAll: comparison: row.host !== undefined -> row.host === undefined',
      ],
    },
    { why: 'only leaving is ever paid', mutants: [/^debts: logic: act === 'leave' && /] },
  ],
  'src/engine/rollout/bastions-last.ts': [
    DEFAULTS,
    CHAINS,
    { why: 'only the highest of those behind it counts', mutants: ['ranksOf: method: push -> unshift'] },
  ],
  'src/engine/rollout/line-up.ts': [
    { why: 'without a size all are one batch as well', mutants: ["lineUp: literal: ['100%'] -> []"] },
  ],
  'src/engine/rollout/turn.ts': [
    {
      why: 'the latest release stands wherever a release does',
      mutants: [
        'isUnderWay: logic: state.release === null && state.lastRelease === null -> state.lastRelease === null',
      ],
    },
  ],
  'src/engine/rollout/wave.ts': [
    { why: 'whatever is no other word is never', mutants: ["pausesBehind: literal: 'never' -> ''"] },
  ],
}
