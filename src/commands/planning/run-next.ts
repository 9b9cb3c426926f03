import { quote } from '../../model/command.ts'
import { printableLine } from '../../model/printable.ts'
import { SOME_REASON } from '../../model/reason-rule.ts'
import type { Options } from '../flags.ts'

type Chosen = Pick<
  Options,
  'inventory' | 'limit' | 'set' | 'vars' | 'concurrency' | 'batch' | 'askSudo' | 'sudoPasswordFile' | 'override'
>

/**
 * The command line that does what a plan showed: `runbook run tuned -i prod -l hv-01 -e size=8`. `wantsReason`: without one
 * it would be refused.
 */
export function runNext(runbook: string, chosen: Chosen, { wantsReason = false } = {}): string {
  const { inventory, limit, set, vars, concurrency, batch, askSudo, sudoPasswordFile, override } = chosen
  const words = [
    ...(inventory === undefined ? [] : ['-i', inventory]),
    ...(limit === undefined ? [] : ['-l', limit]),
    ...(set ?? []).flatMap((one) => ['-e', one]),
    ...(vars ?? []).flatMap((file) => ['--vars', file]),
    ...(concurrency === undefined ? [] : ['-c', String(concurrency)]),
    ...(batch === undefined ? [] : ['--batch', batch.join(',')]),
    ...(askSudo ? ['--ask-sudo'] : []),
    ...(sudoPasswordFile === undefined ? [] : ['--sudo-password-file', sudoPasswordFile]),
    ...(override ?? []).flatMap((code) => ['--override', code]),
    ...(wantsReason ? ['--reason', SOME_REASON] : []),
  ]
  return printableLine(['runbook run', runbook, ...words.map(asTyped)].join(' '))
}

/** Quoted only where a shell would read it as something else. */
const asTyped = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word))
