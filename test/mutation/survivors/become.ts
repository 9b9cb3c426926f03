import { TYPES } from '../reasons.ts'
import type { Reviewed } from '../reviewed.ts'

/** Where no rule forbids a shell to start programs, to try it costs one process on the host and answers the same. */
const ONE_PROCESS = 'no rule forbids programs there: to try it costs one process and answers the same'

/** `sent` is a field of attempts that ended, and of no others. */
const ONLY_ENDED = 'only an attempt that has ended says whether something was sent: the state satisfies the types'

export const survivors: Reviewed = {
  'src/transport/shell/become/attempt-shell.ts': [
    { why: TYPES.why, mutants: TYPES.mutants.slice(0, 1) },
    { why: ONE_PROCESS, mutants: ['attemptShell: condition: call.mayForbidExec -> true'] },
    { why: 'the random word is said once', mutants: ['readStarted: method: indexOf -> lastIndexOf'] },
    {
      why: 'what stands before the random word is noise, whatever it is',
      mutants: ["waitForShell: literal: '' -> 'mutant'"],
    },
  ],
  'src/transport/shell/become/doas.ts': [
    {
      why: ONLY_ENDED,
      mutants: ["becomeByDoas: logic: second.state === 'ended' && second.sent -> second.sent"],
    },
  ],
  'src/transport/shell/become/own.ts': [{ why: ONE_PROCESS, mutants: ['call: literal: false -> true'] }],
  'src/transport/shell/become/su.ts': [
    { why: ONE_PROCESS, mutants: ['call: literal: false -> true'] },
    {
      why: ONLY_ENDED,
      mutants: ["becomeBySu: logic: attempt.state === 'ended' && attempt.sent -> attempt.sent"],
    },
  ],
}
