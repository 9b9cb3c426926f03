import { UsageError } from '../../model/errors.ts'
import type { RunHost } from '../../model/event.ts'
import type { HostConnection } from '../../model/inventory.ts'
import type { Runbook } from '../../model/runbook.ts'
import { declaredParameters, secretNames } from '../parameters.ts'
import { unlockKeys } from '../reaching/unlock-keys.ts'
import type { Desk } from '../wiring.ts'

type Holding = Pick<Desk, 'obtain' | 'keyring' | 'askSecret' | 'operator'>

type Reached = Partial<Pick<RunHost, 'params'>> & { readonly connection: HostConnection }

/**
 * Gets every secret that the connections of these hosts name, and the parameters that the runbook declares as secret,
 * so that a missing one is told, and a person is asked, before any host is; the same for keys with a passphrase.
 * Throws UsageError with all that cannot be had.
 */
export async function checkSecrets(
  desk: Holding,
  hosts: readonly Reached[],
  runbook?: Pick<Runbook, 'params'>,
): Promise<void> {
  const names = secretNames(runbook ? await declaredParameters(runbook) : null)
  const passwords = new Set(hosts.flatMap(({ connection }) => connection.sudoPassword ?? []))
  const parameters = hosts.flatMap(({ params }) => secretsIn(params, names))
  const faults: string[] = []
  // One after another: two questions at a time are none.
  for (const reference of new Set([...passwords, ...parameters])) {
    try {
      const secret = await desk.obtain(reference)
      // What follows the first line would be read by the shell that the password opened.
      if (passwords.has(reference) && /[\r\n]/.test(secret.reveal())) {
        faults.push(`the secret ${reference} has several lines; a password has one`)
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      faults.push(...error.faults)
    }
  }
  if (faults.length > 0) throw new UsageError(faults)
  await unlockKeys(desk, hosts)
}

function secretsIn(params: RunHost['params'] | undefined, names: ReadonlySet<string>): readonly string[] {
  if (typeof params !== 'object' || params === null) return []
  return Object.entries(params).flatMap(([name, value]) =>
    names.has(name) && typeof value === 'string' ? [value] : [],
  )
}
