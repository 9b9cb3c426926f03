import type { HostConnection } from '../../model/inventory.ts'
import type { Keyring } from '../../transport/ssh/keyring.ts'
import type { Desk } from '../wiring.ts'

/** As ssh does. */
const TRIES = 3

/**
 * Asks for the passphrase of every encrypted key that hosts or machines on the way need and no agent has, once per key,
 * before any host is contacted. Where nobody can be asked, or three answers are wrong, the key stays locked: a host that
 * needs it says so.
 */
export async function unlockKeys(
  { keyring, askSecret, operator }: Pick<Desk, 'keyring' | 'askSecret' | 'operator'>,
  hosts: readonly { readonly connection: HostConnection }[],
): Promise<void> {
  for (const path of await lockedKeys(keyring, hosts)) {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const typed = await askSecret(`passphrase of ${path}: `)
      if (typed === null || typed === '') break
      if (await keyring.unlock(path, typed)) break
      operator.say(`that is not the passphrase of ${path}`)
    }
  }
}

async function lockedKeys(
  keyring: Keyring,
  hosts: readonly { readonly connection: HostConnection }[],
): Promise<readonly string[]> {
  const logins = hosts.flatMap(({ connection }) => [connection, ...(connection.via ?? [])])
  const named = new Map<string, boolean>()
  for (const { identityFiles, identitiesOnly = true } of logins)
    for (const path of identityFiles) named.set(path, identitiesOnly || (named.get(path) ?? false))
  const locked: string[] = []
  for (const [path, alone] of named) {
    const file = await keyring.read(path)
    if (file.kind !== 'locked') continue
    const held = await keyring.inAgent()
    // One key of several, such as the usual ones, is no reason to ask while an agent offers any.
    const spared = alone ? file.publicKey !== undefined && held.includes(file.publicKey) : held.length > 0
    if (!spared) locked.push(path)
  }
  return locked
}
