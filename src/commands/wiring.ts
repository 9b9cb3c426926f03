import { hostname, userInfo } from 'node:os'
import { setTimeout } from 'node:timers/promises'

import { openstackClouds } from '../cloud/openstack-clouds.ts'
import type { Fleet, FleetStore } from '../engine/fleet/fleet-port.ts'
import type { Clock, Journal, Ports } from '../engine/ports.ts'
import { secretsFrom } from '../inventory/secrets/secrets.ts'
import { memoryJournal } from '../journal/memory-journal.ts'
import { now } from '../journal/now.ts'
import { type FileJournal, openSqliteJournal } from '../journal/sqlite-journal.ts'
import { UsageError } from '../model/errors.ts'
import type { RevealSecret } from '../model/inventory.ts'
import type { Secret } from '../model/secret.ts'
import { createJson } from '../reporter/json.ts'
import { createLines } from '../reporter/lines.ts'
import type { Voice } from '../reporter/voice.ts'
import { wrapText } from '../reporter/wording/wrap-text.ts'
import { tellingJournal } from '../runtime/telling-journal.ts'
import type { Keyring } from '../transport/ssh/keyring.ts'
import { bootId } from './conduct/controller-process.ts'
import type { Options } from './flags.ts'
import { openStore } from './fleet/open-store.ts'
import type { Operator } from './operator.ts'
import { findProject, type Project } from './project/find-project.ts'
import { openFiles, type Width, widthOf } from './reaching/open-files.ts'
import { hasJournal, journalFile, makeStateFolder, stateFolder } from './state-folder.ts'

/** Everything that a verb works with, introduced to each other: the one place that knows all hands and voices. */
export interface Desk {
  readonly project: Project
  /** The folder in which runs of the project are remembered. */
  readonly state: string
  readonly ports: Ports
  /** What `--store` names, or null: the journal is then a file of this machine. */
  readonly store: FleetStore | null
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
  readonly width: Pick<Width, 'concurrency' | 'mostOpen'>
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
  if (kind === 'existing' && options.store === undefined && !(await hasJournal(state))) {
    throw new UsageError('this project has no runs yet', { remedy: 'runbook run NAME --inventory INVENTORY' })
  }
  const redact = (text: string) => redactor.text(text)
  const voice = await makeVoice(operator, options)
  const reporter: Voice = { ...voice, talk: (line) => voice.talk(redact(line)) }
  const ask = options.input === false ? async () => null : bare.askSecret
  const { reveal, obtain } = hiddenSecrets(operator, ask)
  const store =
    kind === 'memory' || options.store === undefined
      ? null
      : await openStore(options.store, { redact, obtain, note: (line) => operator.say(line) })
  const journal = store?.journal ?? (kind === 'memory' ? memoryJournal({ redact }) : await openFile(state, redact))
  const { warning: narrow, ...width } = widthOf(options.concurrency, await openFiles())
  if (narrow !== undefined) operator.say(narrow)
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
  const ownBoot = bootId()
  return {
    project,
    state,
    ports: {
      journal,
      transport,
      cloud: openstackClouds({ environment: bare.environment, hide: (variable) => reveal(`env:${variable}`) }),
      clock: clockOf(bare),
      ...(ownBoot === '' ? {} : { ownBoot }),
      reveal,
      random: () => crypto.randomUUID().replaceAll('-', '').slice(0, 16),
      glimpse: (host, step, line) => reporter.glimpse(host, step, redact(line)),
    },
    store,
    journal: tellingJournal(journal, reporter),
    reporter,
    operator,
    who: whoAmI(),
    reveal,
    obtain,
    askSecret: ask,
    keyring,
    width,
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

async function openFile(state: string, redact: (text: string) => string): Promise<FileJournal> {
  await makeStateFolder(state)
  return openSqliteJournal(journalFile(state), { redact })
}

/** The journal of the project that the operator is in, made where there is none. Throws UsageError and JournalFailed. */
export async function openJournal({ folder, environment, redactor }: Operator): Promise<FileJournal> {
  return openFile(stateFolder(await findProject(folder), environment), (text) => redactor.text(text))
}

/** What verbs that only read are given. Before the first run there is no journal: they leave none behind. */
export interface ReadingDesk {
  readonly project: Project
  readonly journal: Journal | null
  /** Where workers share runs, or null. */
  readonly fleet: Fleet | null
}

/** The journal of the project, or what `--store` names. Throws UsageError and JournalFailed. */
export async function openToRead({
  operator,
  options,
}: Pick<DeskRequest, 'operator' | 'options'>): Promise<ReadingDesk> {
  const project = await findProject(operator.folder)
  const redact = (text: string) => text
  if (options.store !== undefined) {
    const { obtain } = hiddenSecrets(operator, operator.askSecret)
    const { journal, fleet } = await openStore(options.store, { redact, obtain, note: operator.say })
    return { project, journal, fleet }
  }
  const state = stateFolder(project, operator.environment)
  if (!(await hasJournal(state))) return { project, journal: null, fleet: null }
  await makeStateFolder(state)
  return { project, journal: await openSqliteJournal(journalFile(state), { redact }), fleet: null }
}

/** Secrets by their references; from then on no text shows them. What cannot be hidden well is said once. */
function hiddenSecrets({ environment, redactor, say }: Operator, ask: Operator['askSecret']) {
  const secrets = secretsFrom({ environment, ask })
  const warned = new Set<string>()
  const hide = (secret: Secret): Secret => {
    const warning = redactor.add(secret)
    if (warning !== undefined && !warned.has(warning)) say(warning)
    if (warning !== undefined) warned.add(warning)
    return secret
  }
  return {
    reveal: (reference: string): Secret => hide(secrets.reveal(reference)),
    obtain: async (reference: string): Promise<Secret> => hide(await secrets.obtain(reference)),
  }
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
