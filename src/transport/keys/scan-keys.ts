import { HostUnreachable } from '../../model/errors.ts'
import type { Hop, HostConnection } from '../../model/inventory.ts'
import { patiently } from '../ssh/back-off.ts'
import { type Bastions, makeBastions } from '../ssh/bastions.ts'
import { shakeHands } from '../ssh/handshake.ts'
import { type HostKeys, type KeyStanding, makeHostKeys, nameOf } from '../ssh/host-keys.ts'
import type { Keyring } from '../ssh/keyring.ts'
import { fingerprintOf, typeOf } from '../ssh/known-hosts.ts'
import { type Unreachable, unreachableOf } from '../unreachable.ts'

/** A machine whose key is asked for: a host, or one on the way to others. */
export interface Scannable {
  readonly name: string
  readonly connection: Omit<Hop, 'name'> & Pick<HostConnection, 'via'>
}

export type ScannedKey = Presented | Unanswered

/** What a host showed, and what is known of that. */
export interface Presented {
  readonly host: string
  readonly state: KeyStanding['state']
  readonly standing: KeyStanding
  /** As known_hosts has the host. */
  readonly name: string
  readonly type: string
  /** In base64. */
  readonly key: string
  readonly fingerprint: string
  /** The known_hosts file in which it would be written down. */
  readonly file: string | undefined
}

export interface Unanswered {
  readonly host: string
  readonly state: 'unreachable'
  readonly error: HostUnreachable
}

export interface KeyScanner {
  /** Asks for the key and hangs up: nobody logs in, but on machines on the way, whose keys must be known for that. */
  scan(machine: Scannable): Promise<ScannedKey>
  close(): void
}

const LIMITS = { banner: 10_000, keyExchange: 10_000, auth: 1_000 }
const DIALS_WITHIN = 10_000
const PATIENCE = 30_000

export function makeKeyScanner({ keyring, today }: { keyring: Keyring; today: () => string }): KeyScanner {
  const hostKeys = makeHostKeys(today)
  const bastions = makeBastions({ hostKeys, keyring })
  return {
    scan: (machine) => bastions.inTurn(machine.connection.via ?? [], () => scan(machine, { hostKeys, bastions })),
    close: () => bastions.close(),
  }
}

async function scan(
  machine: Scannable,
  { hostKeys, bastions }: { hostKeys: HostKeys; bastions: Bastions },
): Promise<ScannedKey> {
  const { name: host, connection } = machine
  const unreachable = unreachableOf(host, connection)
  try {
    if (connection.openssh?.proxyCommand !== undefined) throw unreachable.keyBehindCommand()
    const { types } = await hostKeys.judgeFor(connection, unreachable)
    const shown = await keyOf(machine, types, { bastions, unreachable })
    const first = await hostKeys.standingOf(shown, connection, unreachable)
    if (first.state !== 'changed') return presented(machine, shown, first)
    // It may be known by a key of another type, which a hashed line does not tell before.
    const others = await hostKeys.knownTypes(connection, unreachable)
    if (others.every((type) => types.includes(type))) return presented(machine, shown, first)
    const again = await keyOf(machine, others, { bastions, unreachable })
    return presented(machine, again, await hostKeys.standingOf(again, connection, unreachable))
  } catch (error) {
    if (error instanceof HostUnreachable) return { host, state: 'unreachable', error }
    throw error
  }
}

function presented({ name: host, connection }: Scannable, key: Buffer, standing: KeyStanding): Presented {
  return {
    host,
    state: standing.state,
    standing,
    name: nameOf(connection),
    type: typeOf(key),
    key: key.toString('base64'),
    fingerprint: fingerprintOf(key),
    file: connection.knownHosts[0],
  }
}

/** The key that the host shows when these types are asked for first. */
async function keyOf(
  machine: Scannable,
  types: readonly string[],
  { bastions, unreachable }: { bastions: Bastions; unreachable: Unreachable },
): Promise<Buffer> {
  let shown: Buffer | undefined
  const judge = async (key: Buffer) => {
    shown = key
    return { error: new Error('the key was all that was wanted'), otherTypes: [] }
  }
  const end = performance.now() + PATIENCE
  await patiently({ end }, async () =>
    shakeHands({
      socket: await bastions.streamTo(machine, unreachable)({ within: DIALS_WITHIN }),
      user: machine.connection.user,
      judge: { types, judge },
      preferred: [],
      identities: { methods: [], tried: '' },
      unreachable,
      limits: LIMITS,
      end,
    }),
  )
  if (!shown) throw unreachable.keyExchange('the host showed no key')
  return shown
}
