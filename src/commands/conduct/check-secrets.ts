import { UsageError } from '../../model/errors.ts'
import type { HostConnection } from '../../model/inventory.ts'
import type { Desk } from '../wiring.ts'

type Reached = { readonly connection: Pick<HostConnection, 'sudoPassword'> }

/**
 * Gets every secret that the connections of these hosts name, so that a missing one is told before any host is asked.
 * Throws UsageError with all that cannot be had.
 */
export function checkSecrets({ reveal }: Pick<Desk, 'reveal'>, hosts: readonly Reached[]): void {
  const references = new Set(hosts.flatMap(({ connection }) => connection.sudoPassword ?? []))
  const faults = [...references].flatMap((reference): readonly string[] => {
    try {
      reveal(reference)
      return []
    } catch (error) {
      if (error instanceof UsageError) return error.faults
      throw error
    }
  })
  if (faults.length > 0) throw new UsageError(faults)
}
