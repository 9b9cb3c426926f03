import type { FleetStore } from '../../engine/fleet/fleet-port.ts'
import { UsageError } from '../../model/errors.ts'
import { SECRET_REFERENCE, type Secret } from '../../model/secret.ts'

export interface StoreParts {
  readonly redact: (text: string) => string
  readonly obtain: (reference: string) => Promise<Secret>
  /** Hears what is odd about the server. */
  readonly note: (line: string) => void
}

/** Opens what `--store` names. Throws UsageError for an address that cannot be used, JournalFailed for such a server. */
export async function openStore(address: string, { redact, obtain, note }: StoreParts): Promise<FleetStore> {
  const { url, reference } = readAddress(address)
  // Only who has a fleet pays for its client.
  const { openPostgresStore } = await import('../../journal/postgres-store.ts')
  return openPostgresStore({ url, redact, note, ...(reference ? { password: await obtain(reference) } : {}) })
}

/**
 * The address for the client, and the reference of the password where it names one: `?password=file:/etc/runbook/store`.
 * Throws UsageError, which does not repeat what could be a password.
 */
export function readAddress(address: string): { readonly url: string; readonly reference: string | null } {
  const remedy = 'Such as postgres://runbook@db.example.net/runbook'
  if (!/^postgres(ql)?:\/\//.test(address)) throw new UsageError('--store must be a postgres:// address', { remedy })
  // A socket's folder stands behind the question mark, and nothing in place of a host.
  const parsed = URL.parse(address.replace(/@(?=\/)/, '@local'))
  if (!parsed) throw new UsageError('--store is no address', { remedy })
  if (parsed.password !== '') {
    throw new UsageError('a password in --store is shown to everybody who lists processes', {
      remedy: 'Leave it out, and name a file by PGPASSFILE, or a reference: ?password=file:/etc/runbook/store-password',
    })
  }
  const reference = parsed.searchParams.get('password')
  if (reference === null) return { url: address, reference }
  if (!SECRET_REFERENCE.test(reference)) {
    throw new UsageError('the password in --store must be a reference', {
      remedy: 'Such as ?password=env:STORE_PASSWORD or ?password=file:/etc/runbook/store-password',
    })
  }
  const [place = '', query = ''] = address.split('?')
  const rest = query.split('&').filter((member) => !member.startsWith('password='))
  return { url: rest.length > 0 ? `${place}?${rest.join('&')}` : place, reference }
}
