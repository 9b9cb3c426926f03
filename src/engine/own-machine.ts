import { type BlockedCheck, blocked, type Check } from '../model/check.ts'
import type { SingleStep } from './place-steps.ts'
import type { Connection } from './ports.ts'

/** The answer of a step, unless it would reboot the machine that waits for the reboot: no override helps there. */
export const spareOwnMachine = (step: SingleStep, check: Check, connection: Connection): Check =>
  step.kind === 'reboot' && connection.ownMachine && (check.state === 'needed' || check.state === 'deferred')
    ? ownMachineReboot()
    : check

export const ownMachineReboot = (): BlockedCheck =>
  blocked({
    code: 'E_OWN_MACHINE',
    because: 'it is the machine that runbook itself runs on: its reboot would end the run that waits for it',
    remedy: 'Run this from another machine, which reaches this one over SSH.',
    absolute: true,
  })
