import type { GuardText } from '../../model/runbook.ts'

/** Guards of the runbooks that tune memory and processors, beside those of huge pages. */
export const KERNEL_TEXTS = {
  E_NOT_AS_EXPECTED: {
    meaning: 'The host does not show what `expect` asks of it.',
    remedy: 'Find out who changed it, change it back by its runbook, or change what is expected.',
  },
} as const satisfies Readonly<Record<string, GuardText>>
