import type { CloudProbe } from '../../model/cloud.ts'
import { type Command, sh, type Word } from '../../model/command.ts'
import { type Duration, milliseconds } from '../../model/duration.ts'
import { Blocked, CommandFailed, Interrupted } from '../../model/errors.ts'
import type { Act, Token } from '../../model/event.ts'
import type { Answer } from '../../model/fact.ts'
import type { Note } from '../../model/note.ts'
import type { FileState, Probe, RunOptions, Session } from '../../model/probe.ts'
import { DEFAULT_CHANGE_LIMIT, DEFAULT_LOOK_LIMIT } from '../../model/runbook.ts'
import type { Change, ChangeAnswer } from '../guard-port.ts'
import type { Connection, Ports } from '../ports.ts'
import { fenceCloud } from './fence-cloud.ts'
import { knownSecrets } from './known-secrets.ts'
import { rememberCloud } from './remember-cloud.ts'

/** What a host's work may reach beside its connection. */
export interface Reach {
  readonly host: { readonly name: string }
  readonly ports: Pick<Ports, 'cloud' | 'reveal'>
}

/** What one probe has asked of a host: the same question is asked once. */
export interface Memory {
  readonly asked: Map<string, Promise<Answer>>
  readonly files: Map<string, Promise<FileState>>
}

export const emptyMemory = (): Memory => ({ asked: new Map(), files: new Map() })

/** What a check may do on a connection. The same question within one probe is asked once. */
export function makeProbe(
  { host: { name }, ports }: Reach,
  connection: Connection,
  { asked, files } = emptyMemory(),
  secrets = knownSecrets(ports.reveal),
): Probe {
  const clouds = new Map<string, CloudProbe>()
  const look = (text: string, limit: Duration) =>
    remember(asked, text, async () => connection.look(secrets.without(text), { limit }))
  return {
    name,
    ask: async (fact, options) => fact.read(await look(fact.question.text, options?.limit ?? DEFAULT_LOOK_LIMIT)),
    look: (strings, ...values) => look(sh(strings, ...values).text, DEFAULT_LOOK_LIMIT),
    read: (path) => remember(files, path, () => connection.read(path)),
    cloud(name) {
      const known = clouds.get(name) ?? rememberCloud(ports.cloud(name))
      clouds.set(name, known)
      return known
    },
    secret: secrets.secret,
  }
}

function remember<Value>(memory: Map<string, Promise<Value>>, key: string, make: () => Promise<Value>): Promise<Value> {
  const known = memory.get(key) ?? make()
  memory.set(key, known)
  return known
}

/** One attempt at a step: everything that its changes carry to the host. */
export interface AttemptInHand {
  readonly token: Token
  readonly step: string
  readonly act: Act
  readonly attempt: number
  readonly rescue?: readonly string[]
  readonly onOutput: (line: string) => void
  readonly onNote: (note: Note) => void
  /** What the host was asked just before: it answers the same until the first change. */
  readonly known?: Memory
  /** Told in the tick of the only change, and where what came behind that was not the end of the work after all. */
  readonly behindChange?: { readonly ask: () => void; readonly spoil: () => void }
}

/** What a session needs beside the connection. */
export interface Work extends Reach {
  readonly ports: Pick<Ports, 'cloud' | 'clock' | 'reveal'>
  readonly signals: { readonly end: AbortSignal }
}

/** What an apply may do. Its questions are not remembered: the host changes under it. */
export function makeSession(work: Work, connection: Connection, attempt: AttemptInHand): Session {
  const { ports, signals } = work
  const { behindChange, known, ...inHand } = attempt
  let n = 0
  let memory = known
  const change = (wish: Change, options: RunOptions = {}): Promise<ChangeAnswer> => {
    n += 1
    memory = undefined
    const sent = connection.guard.change({
      ...inHand,
      n,
      change: wish,
      limit: options.limit ?? DEFAULT_CHANGE_LIMIT,
      ...(options.readBy ? { readBy: options.readBy } : {}),
      ...(options.pays ? { pays: options.pays } : {}),
    })
    if (n === 1) behindChange?.ask()
    else behindChange?.spoil()
    return sent
  }
  const goesOn = <Value>(value: Value): Value => {
    if (n > 0) behindChange?.spoil()
    return value
  }
  const secrets = knownSecrets(ports.reveal)
  const fresh = () => goesOn(makeProbe(work, connection, memory, secrets))

  async function run(first: Command | TemplateStringsArray, ...rest: readonly unknown[]): Promise<Answer> {
    // The two call shapes of Session.run: a template's parts with its words, or a command with options.
    const [command, options] =
      'kind' in first ? [first, rest[0] as RunOptions | undefined] : [sh(first, ...(rest as Word[])), undefined]
    const answer = await change({ kind: 'command', text: secrets.without(command.text) }, options)
    return exitedZero(command.text, answer, options?.limit ?? DEFAULT_CHANGE_LIMIT)
  }

  return {
    name: work.host.name,
    ask: (fact, options) => fresh().ask(fact, options),
    look: (strings, ...values) => fresh().look(strings, ...values),
    read: (path) => fresh().read(path),
    run,
    async write(path, text, { replacing, mode, readBy }) {
      const content = typeof text === 'string' ? encoded(path, text) : text
      // A new file is readable for every user of the host, unless it holds what only its owner may know.
      const own = mode ?? (secrets.standIn(content) ? '0600' : undefined)
      const wish: Change = { kind: 'write', path, content, replacing, ...(own ? { mode: own } : {}) }
      swapped(path, await change(wish, readBy ? { readBy } : {}))
    },
    async remove(path, { replacing, readBy }) {
      swapped(path, await change({ kind: 'remove', path, replacing }, readBy ? { readBy } : {}))
    },
    async restore(path, before, options = {}) {
      const answer = await change({ kind: 'restore', path, before }, options)
      if (answer.kind !== 'conflict') return
      throw new CommandFailed(`${path} was changed by someone else since this run wrote it (${answer.text})`, {
        code: 'E_CHANGED_SINCE',
        exitCode: null,
        tail: '',
        remedy: `Compare ${path} with the bytes kept under /var/lib/runbook/runs/${attempt.token.run}/kept and decide by hand.`,
      })
    },
    async keep(path) {
      await change({ kind: 'keep', path })
    },
    secret: secrets.secret,
    cloud: (name) =>
      // What the host is told of a call to the cloud is not that call's end.
      fenceCloud(ports.cloud(name, signals.end), async (what, whose) => goesOn(await run`: ${what} ${whose}`)),
    mark: `runbook ${attempt.token.run}`,
    note: attempt.onNote,
    show: attempt.onOutput,
    async until(ask, { limit, every = '5s' }) {
      memory = undefined
      const end = goesOn(ports).clock.now() + milliseconds(limit)
      for (;;) {
        if (signals.end.aborted) throw new Interrupted(`${attempt.step} was interrupted`)
        const answer = await ask()
        if (answer !== null || ports.clock.now() >= end) return answer
        await ports.clock.sleep(milliseconds(every), signals.end)
      }
    },
  }
}

function exitedZero(command: string, answer: ChangeAnswer, limit: Duration): Answer {
  if (answer.kind !== 'ended') throw new TypeError(`a command was answered as a file change: ${command}`)
  if (answer.exitCode === 0) return answer
  const tail = lastLines(answer.stderr || answer.stdout)
  if (answer.timedOut) {
    throw new CommandFailed(`did not end within ${milliseconds(limit) / 1000}s and was stopped: ${command}`, {
      code: 'E_TIMED_OUT',
      exitCode: answer.exitCode,
      tail,
    })
  }
  throw new CommandFailed(`exit ${answer.exitCode}: ${command}`, { exitCode: answer.exitCode, tail })
}

function swapped(path: string, answer: ChangeAnswer): void {
  if (answer.kind !== 'conflict') return
  throw new CommandFailed(`${path} is not the file that the check saw (${answer.text}); nothing was written`, {
    code: 'E_CHANGED_MEANWHILE',
    exitCode: null,
    tail: '',
    remedy: 'Run again: the check looks at the file as it is now.',
  })
}

/** The last ten lines: enough for a person, small enough for the journal. */
const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-10).join('\n')

/** The sign for bytes that are no UTF-8. Text that holds it was read from a file that writing it would spoil. */
const UNREADABLE = '\uFFFD'

function encoded(path: string, text: string): Uint8Array {
  if (!text.includes(UNREADABLE)) return new TextEncoder().encode(text)
  throw new Blocked(`${path} is not UTF-8 text; an edit would spoil its other bytes, so nothing was written`, {
    code: 'E_NOT_TEXT',
    remedy: `Look for the line: grep -naxv '.*' ${path} in a UTF-8 locale; make it UTF-8, then resume.`,
  })
}
