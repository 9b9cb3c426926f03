import { conductPlan } from '../planning/conduct-plan.ts'
import type { Verb } from '../verb.ts'

/** Proves that hosts are as wished: the same questions as a plan, and pending changes are a finding. */
export const verify: Verb = {
  words: ['<runbook>'],
  flags: [
    'inventory',
    'limit',
    'set',
    'vars',
    'concurrency',
    'askSudo',
    'sudoPasswordFile',
    'input',
    'override',
    'json',
    'verbose',
  ],
  examples: [['runbook verify hugepages-1g -i prod', 'exit 0 when all hosts are as wished, 8 when not']],
  act: (call) => conductPlan(call, { pendingIs: 8 }),
}
