import { UsageError } from '../../model/errors.ts'
import { suggest } from '../../model/suggest.ts'
import { counted } from '../../reporter/wording.ts'
import { overHosts } from '../../runtime/over-hosts.ts'
import { makeKeyScanner, type Presented, type ScannedKey } from '../../transport/keys/scan-keys.ts'
import { type KeyChange, writeKnownHosts } from '../../transport/ssh/edit-known-hosts.ts'
import { makeKeyring } from '../../transport/ssh/keyring.ts'
import { chooseInventory } from '../conduct/choose-hosts.ts'
import { askConsent } from '../conduct/consent.ts'
import { findProject } from '../project/find-project.ts'
import type { Call, Verb } from '../verb.ts'
import { today } from '../wiring.ts'
import { isNew, keyData, keysText } from './keys-text.ts'
import { machinesOf } from './machines.ts'
import { reachHosts } from './reach-hosts.ts'
import { unlockKeys } from './unlock-keys.ts'

const MOST_AT_ONCE = 32

/**
 * Asks every host, and every machine on the way, for its key, without logging in there. `trust` shows the unknown ones as
 * one table, asks once, and writes them into known_hosts; what lies behind a machine that was unknown comes after it.
 */
export const keys: Verb = {
  words: ['<scan|trust>', '[hosts]'],
  flags: ['inventory', 'limit', 'yes', 'input', 'json'],
  examples: [
    ['runbook keys scan -i prod', 'which keys are known; exit 4 where a run would not get in'],
    ['runbook keys trust -i prod', 'unknown keys with their fingerprints, one question, then known_hosts'],
    ['runbook keys trust hv-[13-20] -i prod --yes', 'on a network where nobody can stand in between'],
  ],
  async act(call) {
    const [action = '', pattern = 'all'] = call.words
    if (action !== 'scan' && action !== 'trust') {
      const meant = suggest(action, ['scan', 'trust'])
      throw new UsageError(`runbook keys ${action}: it is scan or trust.${meant ? ` Did you mean "${meant}"?` : ''}`)
    }
    const scan = await scannerOf(call, pattern)
    const scanned = await scan()
    if (action === 'scan') return tell(call, scanned, { trusted: [] })
    return trust(call, scan, scanned)
  },
}

type Scan = () => Promise<readonly ScannedKey[]>

async function scannerOf({ operator, options }: Call, pattern: string): Promise<Scan> {
  const inventory = await chooseInventory(options, await findProject(operator.folder))
  const hosts = await reachHosts(inventory, pattern, options, operator)
  const machines = machinesOf(hosts)
  const keyring = makeKeyring(operator.environment.SSH_AUTH_SOCK)
  const askSecret = options.input === false ? async () => null : operator.askSecret
  // Only machines on the way are logged in to.
  const onTheWay = hosts.flatMap(({ connection }) =>
    (connection.via ?? []).map((hop) => ({ connection: { ...hop, become: 'none' as const } })),
  )
  await unlockKeys({ keyring, askSecret, operator }, onTheWay)
  return async () => {
    const scanner = makeKeyScanner({ keyring, today })
    try {
      return await overHosts(machines, MOST_AT_ONCE, (machine) => scanner.scan(machine))
    } finally {
      scanner.close()
    }
  }
}

async function trust(call: Call, scan: Scan, first: readonly ScannedKey[]): Promise<number> {
  const { operator, options } = call
  const trusted: Presented[] = []
  let scanned = first
  for (;;) {
    const fresh = scanned.filter(isNew)
    if (fresh.length === 0) return tell(call, scanned, { trusted })
    if (!options.json) for (const line of keysText(fresh, operator.dataLook())) operator.put(line)
    const files = [...new Set(fresh.map(({ file }) => file ?? ''))]
    if (files.includes(''))
      throw new UsageError('no known_hosts file is named for these hosts: write knownHosts in the inventory')
    operator.say('Compare them with the consoles: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')
    const consent = await askConsent(
      operator,
      `Write ${counted(fresh.length, 'key')} into ${files.join(' and ')}?`,
      options,
    )
    if (consent !== 'yes') {
      const exitCode = consent === 'nobody' ? 7 : 4
      if (options.json) operator.put(jsonOf(scanned, { trusted, exitCode }))
      else if (consent === 'nobody')
        operator.say('Nobody could be asked: say --yes once the fingerprints are compared.')
      return exitCode
    }
    for (const file of files)
      await write(
        file,
        fresh.filter((one) => one.file === file),
      )
    if (!options.json) operator.say(`${counted(fresh.length, 'key')} written`)
    trusted.push(...fresh)
    // Whoever was behind an unknown machine can be asked now.
    scanned = await scan()
  }
}

async function write(file: string, keys: readonly Presented[]): Promise<void> {
  const changes = keys.map(
    ({ name, type, key, standing }): KeyChange => ({
      name,
      add: { type, key },
      ...(standing.state === 'expected' ? { remove: standing.instead } : {}),
    }),
  )
  try {
    await writeKnownHosts(file, changes)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${file} cannot be written: ${why}`, { cause })
  }
}

/** Shows what was found at last. A machine whose key is not known keeps a run out: exit 4. */
function tell(
  { operator, options }: Call,
  scanned: readonly ScannedKey[],
  { trusted }: { trusted: readonly Presented[] },
): number {
  const exitCode = scanned.every(({ state }) => state === 'known' || state === 'expected') ? 0 : 4
  if (options.json) operator.put(jsonOf(scanned, { trusted, exitCode }))
  else for (const line of keysText(scanned, operator.dataLook())) operator.put(line)
  if (!options.json && scanned.some(isNew))
    operator.say(`Take them over: runbook keys trust${options.inventory ? ` -i ${options.inventory}` : ''}`)
  return exitCode
}

const jsonOf = (
  scanned: readonly ScannedKey[],
  { trusted, exitCode }: { readonly trusted: readonly Presented[]; readonly exitCode: number },
): string => JSON.stringify({ type: 'keys', exitCode, trusted: trusted.map(keyData), hosts: scanned.map(keyData) })
