import { conductPlan } from '../planning/conduct-plan.ts'
import type { Verb } from '../verb.ts'

/** What would change. It leaves nothing behind, neither on hosts nor here. */
export const plan: Verb = {
  words: ['<runbook>'],
  flags: [
    'inventory',
    'limit',
    'set',
    'vars',
    'concurrency',
    'batch',
    'askSudo',
    'sudoPasswordFile',
    'input',
    'override',
    'detailedExitcode',
    'json',
    'verbose',
  ],
  examples: [
    ['runbook plan hugepages-1g -i prod', 'all hosts that the runbook is for'],
    ['runbook plan hugepages-1g -i prod -l hv-01 -e count1g=40', 'one host, another parameter'],
    ['runbook plan hugepages-1g -i prod --detailed-exitcode', 'exit 8 when something is pending'],
  ],
  act: (call) => conductPlan(call, { pendingIs: call.options.detailedExitcode ? 8 : 0 }),
}
