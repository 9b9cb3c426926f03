import { blocked } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'

/** Stops every host while parts of what a runbook was made from have no step yet: they are named by file and line. */
export const nothingLeftOut = (parts: readonly string[]): Gate =>
  gate({
    id: 'nothing-left-out',
    check: async () =>
      blocked({
        code: 'E_NOT_TRANSLATED',
        because: `${parts.length} parts have no step yet: ${parts.join('; ')}`,
        remedy:
          'Write the steps that are missing and remove this gate; --override E_NOT_TRANSLATED runs the others alone.',
      }),
  })
