import { type BlockedCheck, blocked, type Check } from '../model/check.ts'
import type { SingleStep } from './place-steps.ts'
import type { Connection, Ports } from './ports.ts'

type Own = Pick<Ports, 'ownBoot'>

/** The answer of a step, unless it would reboot the machine that waits for the reboot: no override helps there. */
export async function spareOwnMachine(
  step: SingleStep,
  check: Check,
  connection: Connection,
  ports: Own,
): Promise<Check> {
  if (step.kind !== 'reboot' || (check.state !== 'needed' && check.state !== 'deferred')) return check
  return (await isOwnMachine(connection, ports)) ? ownMachineReboot() : check
}

/** Is it this machine, or the one whose kernel this machine shares as a container? Then it has our boot id. */
export async function isOwnMachine(connection: Connection, { ownBoot }: Own): Promise<boolean> {
  if (connection.ownMachine || ownBoot === undefined) return connection.ownMachine ?? false
  const { stdout } = await connection.look('cat /proc/sys/kernel/random/boot_id', { limit: '10s' })
  return stdout.trim() === ownBoot
}

export const ownMachineReboot = (): BlockedCheck =>
  blocked({
    code: 'E_OWN_MACHINE',
    because: 'it is the machine that runbook itself runs on: its reboot would end the run that waits for it',
    remedy: 'Run this from another machine, which reaches this one over SSH.',
    absolute: true,
  })
