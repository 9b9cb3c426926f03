import { UNIQUE } from '../reasons.ts'
import type { Reviewed } from '../reviewed.ts'

/** Of messages and failures that cross between the threads. */
const LAST_KIND = 'what is of no other kind is taken for one of this'

export const survivors: Reviewed = {
  'src/journal/sqlite/call-worker.ts': [
    {
      why: 'any number serves that no other question has',
      mutants: ['send: arithmetic: asked += 1 -> asked -= 1'],
    },
  ],
  'src/journal/sqlite/failures.ts': [
    {
      why: LAST_KIND,
      mutants: ["systemFailure: literal: 'journal-failed' -> ''"],
    },
    {
      why: 'an error has a stack unless somebody took it away: the rest satisfies the types',
      mutants: ["toFailure: logic: bug.stack ?? '' -> bug.stack", "toFailure: literal: '' -> 'mutant'"],
    },
    {
      why: 'an error without a code has not this one either: the rest satisfies the types',
      mutants: ["systemFailure: logic: 'code' in error && error.code === 'EROFS' -> error.code === 'EROFS'"],
    },
  ],
  'src/journal/sqlite/prepare-file.ts': [
    {
      why: 'no test has a disk on a network; which disks are refused, and how, is tested by their numbers',
      mutants: ['prepareFile: statement: checkLocksHold(path, statfsSync(folder).type) -> nothing'],
    },
    {
      why: "it only saves a call for a file that is its owner's alone already",
      mutants: ['prepareFile: condition: (mode & 0o077) !== 0 -> true'],
    },
    {
      why: 'no test takes the power from the machine that keeps the journal',
      mutants: [
        'prepareFile: statement: syncFolder(folder) -> nothing',
        'syncFolder: statement: fsyncSync(handle) -> nothing',
      ],
    },
  ],
  'src/journal/sqlite/statements.ts': [
    {
      why: 'columns of a strict table have these types already: TypeScript does not know',
      mutants: ['chainEnd: logic: found && { links: Number(found.links), head: String(found.head) } -> found'],
    },
    {
      why: 'the number of null is 0: TypeScript, and who reads it, need not know',
      mutants: ['lastSeq: logic: last.one()?.seq ?? 0 -> last.one()?.seq'],
    },
    {
      why: 'an aggregate and RETURNING give a row in any case: the rest satisfies the types',
      mutants: [/^(lastSeq|raiseLease): optional chain: /],
    },
  ],
  'src/journal/sqlite/worker.ts': [
    UNIQUE,
    { why: LAST_KIND, mutants: [/^(serve|answer): literal: 'answer' -> ''$/] },
    {
      why: 'the thread has a parent, for nothing else starts it: the rest satisfies the types',
      mutants: ['top: condition: parentPort -> true'],
    },
  ],
}
