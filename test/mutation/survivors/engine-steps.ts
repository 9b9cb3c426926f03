import { ABSENT, AT_THE_LIMIT, ORDER, TYPES, UNIQUE } from '../reasons.ts'
import type { Reviewed } from '../reviewed.ts'

export const survivors: Reviewed = {
  'src/engine/steps/ask-step.ts': [
    UNIQUE,
    { why: TYPES.why, mutants: TYPES.mutants.slice(0, 1) },
    {
      why: 'an answer that does not block has no code, and no override has none either',
      mutants: [/^override: logic: check\.state !== 'blocked' \|\| check\.absolute === true -> /],
    },
  ],
  'src/engine/steps/bracket-switch.ts': [
    ORDER,
    { why: TYPES.why, mutants: TYPES.mutants.slice(0, 1) },
    {
      why: 'only the words of a switch that has fired are told apart',
      mutants: ["armSwitch: literal: 'none' -> ''", "disarmLast: literal: 'none' -> '' (2)"],
    },
    {
      why: 'what was never entered is never left, and a stale token or none is refused by the host as well',
      mutants: [
        /^meetFired: logic: .* -> !\(error instanceof NotOwner\)( \|\| !unlessLeft)?( \|\| attempt === null)?$/,
      ],
    },
  ],
  'src/engine/steps/brackets.ts': [
    UNIQUE,
    ABSENT,
    {
      why: 'only the words of a switch that has fired are told apart',
      mutants: ["enterBracket: literal: 'none' -> ''"],
    },
    {
      why: 'only what is owed is left: the rest satisfies the types',
      mutants: ['leaveBracket: condition: !debt -> false'],
    },
    {
      why: 'without a debt the switch of the entering before was disarmed, or its leaving takes one more turn',
      mutants: [/^gone: logic: debt !== undefined && .* -> before === 'fired' \|\| before === 'reverted'$/],
    },
  ],
  'src/engine/steps/cross-reboot.ts': [
    ORDER,
    UNIQUE,
    TYPES,
    AT_THE_LIMIT,
    {
      why: 'every attempt at a reboot carries its boot id',
      mutants: [
        /^openAttempt: logic: state === 'begun' && reboot !== null -> state === 'begun'$/,
        "askAgain: literal: '' -> 'mutant'",
        "judge: literal: '' -> 'mutant'",
      ],
    },
    {
      why: 'the step is found by the checkpoint: where there is none, neither is a step',
      mutants: [/^rebootUnderWay: logic: .* -> step\?\.kind !== 'reboot'$/],
    },
  ],
  'src/engine/steps/end-forward-reboot.ts': [
    ORDER,
    AT_THE_LIMIT,
    { why: TYPES.why, mutants: TYPES.mutants.slice(1) },
    {
      why: 'over a line that was dropped nothing more is asked: the way back waits for the next one as well',
      mutants: [/^endForwardReboot: return value: \{ kind: 'wait', /],
    },
    {
      why: 'a line that is held shows the old boot until it is cut, and then waits as a dropped one does',
      mutants: ['endForwardReboot: statement: await trip.line.drop() -> nothing'],
    },
  ],
  'src/engine/steps/ahead.ts': [
    {
      why: 'every other kind that is as planned and has not begun answers the same question at its turn',
      mutants: ['isQuiet: logic: QUIET.has(step.kind) && planned.has(step.id) -> planned.has(step.id)'],
    },
    { why: TYPES.why, mutants: [/^upTo: method: .*\.filter\(isQuiet\) -> /] },
    {
      why: 'one alone would be asked here in the place of its turn',
      mutants: ['lookAhead: logic: !claims && quiet.length < 2 -> !claims'],
    },
  ],
  'src/engine/session/known-secrets.ts': [
    {
      why: 'it only saves the reading of a file where no secret was given',
      mutants: ['standIn: condition: given.size === 0 -> false'],
    },
  ],
  'src/engine/session/remember-cloud.ts': [
    { why: 'any name serves that no other question has', mutants: ["computeServices: literal: 'services' -> ''"] },
  ],
  'src/engine/steps/run-guarded.ts': [
    ORDER,
    {
      why: 'a step that was proved is asked once more and answers the same',
      mutants: ["meetSwitch: return value: { kind: 'proved' } -> undefined"],
    },
    {
      why: 'of the numbers of one step, an act that is not its apply and an earlier attempt have concluded before',
      mutants: [/^changeBegan: logic: /],
    },
  ],
  'src/engine/steps/run-once.ts': [
    ORDER,
    UNIQUE,
    ABSENT,
    { why: 'an attempt without a marker became void before', mutants: ['adoptOnce: optional chain: ?. -> .'] },
    {
      why: 'a command that is run once has no act but its apply',
      mutants: [/^adoptOnce: logic: .*one\.step === step\.id && one\.act === 'apply' -> one\.step === step\.id$/],
    },
  ],
  'src/engine/steps/run-step.ts': [
    UNIQUE,
    ABSENT,
    { why: TYPES.why, mutants: TYPES.mutants.slice(1) },
    {
      why: 'a step that only looks has no apply, and is as wished whatever it found',
      mutants: ["runStep: condition: step.kind === 'audit' -> false", "runStep: literal: 'audit' -> ''"],
    },
    {
      why: 'other steps have no switch: asking for theirs finds none',
      mutants: ["runStep: condition: step.kind === 'guarded' -> true"],
    },
    { why: 'what is no other end is a stop', mutants: ["runStep: literal: 'stopped' -> ''"] },
    {
      why: 'every step is in the plan, and the certainty of what was deferred is judged by its state',
      mutants: [/^worldMoved: logic: !run\.exact \|\| planned === undefined/],
    },
  ],
  'src/engine/session/session.ts': [ORDER, ABSENT],
  'src/engine/steps/step-end.ts': [ABSENT, { why: TYPES.why, mutants: TYPES.mutants.slice(0, 1) }],
  'src/engine/steps/way-back.ts': [
    {
      why: 'each half says the same of every step that there is; both together satisfy the types',
      mutants: [/^hasUndo: logic: /, /^hasSettle: logic: /],
    },
  ],
}
