import { hostname, userInfo } from 'node:os'
import { setTimeout } from 'node:timers/promises'

import { openstackClouds } from '../cloud/openstack-clouds.ts'
import type { Clock, Journal, Ports } from '../engine/ports.ts'
import { secretsFrom } from '../inventory/secrets/secrets.ts'
import { memoryJournal } from '../journal/memory-journal.ts'
import { now } from '../journal/now.ts'
import { openSqliteJournal } from '../journal/sqlite-journal.ts'
import { UsageError } from '../model/errors.ts'
import type { RevealSecret } from '../model/inventory.ts'
import type { Secret } from '../model/secret.ts'
import { createJson } from '../reporter/json.ts'
import { createLines } from '../reporter/lines.ts'
import type { Voice } from '../reporter/voice.ts'
import { wrapText } from '../reporter/wording/wrap-text.ts'
import { tellingJournal } from '../runtime/telling-journal.ts'
import type { Keyring } from '../transport/ssh/keyring.ts'
import type { Options } from './flags.ts'
import type { Operator } from './operator.ts'
import { findProject, type Project } from './project/find-project.ts'
import { hasJournal, journalFile, makeStateFolder, stateFolder } from './state-folder.ts'

/** Everything that a verb works with, introduced to each other: the one place that knows all hands and voices. */
export interface Desk {
  readonly project: Project
  /** The folder in which runs of the project are remembered. */
  readonly state: string
  readonly ports: Ports
  /** The journal whose rows the reporter hears: for rows that the verb itself writes. */
  readonly journal: Journal
  readonly reporter: Voice
  /** The operator, with talk as wide as the terminal. */
  readonly operator: Operator
  /** user@machine, for rows and owner records. */
  readonly who: string
  readonly reveal: RevealSecret
  /** Gets a secret for the first time, from a person or a program where need be. Throws UsageError. */
  readonly obtain: (reference: string) => Promise<Secret>
  /** What a person types without its being shown. Null where nobody is to be asked. */
  readonly askSecret: Operator['askSecret']
  /** Private keys, for every host that is reached from here. */
  readonly keyring: Keyring
  close(): Promise<void>
}

export interface DeskRequest {
  readonly operator: Operator
  readonly options: Options
  /**
   * `memory` leaves nothing behind, and who only looks need not be root; `file` is where runs are remembered;
   * `existing` is that file if it is there.
   */
  readonly journal: 'memory' | 'file' | 'existing'
}

/** Lays everything out. Throws UsageError and JournalFailed where the state folder cannot be used. */
export async function openDesk({ operator: bare, options, journal: kind }: DeskRequest): Promise<Desk> {
  const project = await findProject(bare.folder)
  const state = stateFolder(project, bare.environment)
  const { redactor } = bare
  const operator = wrapped(bare)
  if (kind === 'existing' && !(await hasJournal(state))) {
    throw new UsageError('this project has no runs yet', { remedy: 'runbook run NAME --inventory INVENTORY' })
  }
  const redact = (text: string) => redactor.text(text)
  const voice = await makeVoice(operator, options)
  const reporter: Voice = { ...voice, talk: (line) => voice.talk(redact(line)) }
  const journal = kind === 'memory' ? memoryJournal({ redact }) : await openFile(state, redact)
  const ask = options.input === false ? async () => null : bare.askSecret
  const secrets = secretsFrom({ environment: bare.environment, ask })
  const warned = new Set<string>()
  const hide = (secret: Secret): Secret => {
    const warning = redactor.add(secret)
    if (warning !== undefined && !warned.has(warning)) operator.say(warning)
    if (warning !== undefined) warned.add(warning)
    return secret
  }
  const reveal: RevealSecret = (reference) => hide(secrets.reveal(reference))
  const [{ createSshTransport }, { makeKeyring }] = await Promise.all([
    import('../transport/transport.ts'),
    import('../transport/ssh/keyring.ts'),
  ])
  const { SSH_AUTH_SOCK: agentSocket } = bare.environment
  const keyring = makeKeyring(agentSocket)
  const transport = createSshTransport({
    reveal,
    keyring,
    today,
    anyUser: kind === 'memory',
    environment: bare.environment,
  })
  return {
    project,
    state,
    ports: {
      journal,
      transport,
      cloud: openstackClouds({ environment: bare.environment, hide: (variable) => reveal(`env:${variable}`) }),
      clock: clockOf(bare),
      reveal,
      random: () => crypto.randomUUID().replaceAll('-', '').slice(0, 16),
      glimpse: (host, step, line) => reporter.glimpse(host, step, redact(line)),
    },
    journal: tellingJournal(journal, reporter),
    reporter,
    operator,
    who: whoAmI(),
    reveal,
    obtain: async (reference) => hide(await secrets.obtain(reference)),
    askSecret: ask,
    keyring,
    async close() {
      await reporter.close()
      await transport.close()
      await journal.close()
    },
  }
}

/** The day in UTC, for host keys that are expected up to one. */
export const today = (): string => new Date(now()).toISOString().slice(0, 10)

/** user@machine. */
export const whoAmI = (): string => `${userInfo().username}@${hostname()}`

async function openFile(state: string, redact: (text: string) => string): Promise<Journal> {
  await makeStateFolder(state)
  return openSqliteJournal(journalFile(state), { redact })
}

/** The journal of the project for verbs that only read, or null before the first run: they leave none behind. */
export async function openToRead({ operator }: { readonly operator: Operator }): Promise<{
  readonly project: Project
  readonly journal: Journal | null
}> {
  const project = await findProject(operator.folder)
  const state = stateFolder(project, operator.environment)
  if (!(await hasJournal(state))) return { project, journal: null }
  await makeStateFolder(state)
  return { project, journal: await openSqliteJournal(journalFile(state), { redact: (text) => text }) }
}

async function makeVoice(operator: Operator, { json = false, verbose = false }: Options): Promise<Voice> {
  const { put, say, canvas } = operator
  if (json) return createJson({ put, say })
  const shown = { live: verbose, now: operator.now, look: operator.talkLook }
  if (!canvas) return createLines({ say, look: operator.talkLook(), live: verbose })
  const { createPhases } = await import('../reporter/phases.ts')
  return createPhases({ ...shown, stream: canvas })
}

const wrapped = (operator: Operator): Operator => ({
  ...operator,
  say: (line) => {
    for (const part of wrapText(operator.redactor.text(line), operator.talkLook().columns, 2)) operator.say(part)
  },
})

const clockOf = ({ now }: Operator): Clock => ({
  now,
  // An abort ends the sleep early; that is no failure.
  sleep: async (milliseconds, signal) => {
    await setTimeout(milliseconds, undefined, signal ? { signal } : {}).catch(() => {})
  },
})
