import { UsageError } from '../../model/errors.ts'
import type { HostConnection } from '../../model/inventory.ts'
import { unlockKeys } from '../reaching/unlock-keys.ts'
import type { Desk } from '../wiring.ts'

type Holding = Pick<Desk, 'obtain' | 'keyring' | 'askSecret' | 'operator'>

type Reached = { readonly connection: HostConnection }

/**
 * Gets every secret that the connections of these hosts name, so that a missing one is told, and a person is asked,
 * before any host is; the same for keys with a passphrase. Throws UsageError with all that cannot be had.
 */
export async function checkSecrets(desk: Holding, hosts: readonly Reached[]): Promise<void> {
  const references = new Set(hosts.flatMap(({ connection }) => connection.sudoPassword ?? []))
  const faults: string[] = []
  // One after another: two questions at a time are none.
  for (const reference of references) {
    try {
      const secret = await desk.obtain(reference)
      // What follows the first line would be read by the shell that the password opened.
      if (/[\r\n]/.test(secret.reveal())) faults.push(`the secret ${reference} has several lines; a password has one`)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      faults.push(...error.faults)
    }
  }
  if (faults.length > 0) throw new UsageError(faults)
  await unlockKeys(desk, hosts)
}
