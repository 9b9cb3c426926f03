import type { ChangeRequest, Marker, OwnerRecord } from '../../engine/guard-port.ts'
import type { Answer } from '../../model/fact.ts'

/** A file of a fake host. */
export interface FakeFile {
  readonly bytes: Uint8Array
  readonly mode: string
  readonly owner: string
}

/** One line of a run's manifest: a file before and after one change. */
export interface ManifestLine {
  readonly run: string
  readonly path: string
  readonly step: string
  readonly before: string
  readonly after: string
  readonly old: FakeFile | null
}

/** A command that the fake host knows: its text, whole or by pattern, and what it answers and does. */
export type FakeProgram = readonly [
  command: string | RegExp,
  answer: string | Partial<Answer> | ((host: FakeHost, match: RegExpExecArray) => string | Partial<Answer>),
]

export interface FakeSwitch {
  readonly run: string
  readonly key: string
  firesAt: number
  readonly revert: string
  state: 'armed' | 'disarmed' | 'fired'
  /** Of what it ran when it fired. */
  exitCode: number | null
}

export interface FakeHostOptions {
  readonly name?: string
  /** Path to text. Mode 0644, owner root. */
  readonly files?: Readonly<Record<string, string>>
  /** The first that matches answers. A command that none matches exits 127. */
  readonly commands?: readonly FakeProgram[]
  /** Called when the host has booted, with the new boot id in place. */
  readonly onBoot?: (host: FakeHost) => void
  /** How long a boot takes by the transport's clock, in milliseconds. Default 5000. */
  readonly bootTakes?: number
}

/** A host in memory: files, commands, the on-host guard's records, and its own counters. */
export interface FakeHost {
  readonly name: string
  readonly files: Map<string, FakeFile>
  readonly commands: readonly FakeProgram[]
  readonly onBoot: (host: FakeHost) => void
  bootTakes: number
  bootId: string
  /** Set, it is thrown by every attempt to reach the host. */
  unreachable: Error | null
  /** Milliseconds of the transport's clock at which it answers again, or null while it is up. */
  backAt: number | null
  /** What happens when a reboot is asked for. Default `reboots`. */
  onReboot: 'reboots' | 'ignores' | 'never-returns' | 'takes-the-second'
  owner: OwnerRecord | null
  readonly markers: Marker[]
  readonly manifest: ManifestLine[]
  /** Unit to `any` or the InvocationID that owes a restart. */
  readonly pending: Map<string, string>
  /** Unit to its InvocationID; absent: the unit does not run. */
  readonly units: Map<string, string>
  /** A change that goes on although nobody waits for it. */
  unfinished: { readonly request: ChangeRequest; readonly marker: number } | null
  /** The dead-man's switch that was armed last. It fires by the transport's clock. */
  switch: FakeSwitch | null
  /** Names of the runs whose reboot is scheduled. */
  readonly rebootUnits: Set<string>
  readonly counters: { boots: number; readonly changes: string[]; readonly refused: string[] }
}

let made = 0

/** A host for tests. Units and files can be changed at any time: the next question sees it. */
export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  made += 1
  const files = Object.entries(options.files ?? {}).map(([path, text]): [string, FakeFile] => [path, textFile(text)])
  return {
    name: options.name ?? 'hv-01',
    files: new Map(files),
    commands: options.commands ?? [],
    onBoot: options.onBoot ?? (() => {}),
    bootTakes: options.bootTakes ?? 5_000,
    bootId: fakeBootId(made, 0),
    unreachable: null,
    backAt: null,
    onReboot: 'reboots',
    owner: null,
    markers: [],
    manifest: [],
    pending: new Map(),
    units: new Map(),
    unfinished: null,
    switch: null,
    rebootUnits: new Set(),
    counters: { boots: 0, changes: [], refused: [] },
  }
}

export const textFile = (text: string): FakeFile => ({
  bytes: new TextEncoder().encode(text),
  mode: '0644',
  owner: '0:0',
})

/** The text of a file of the fake host, or null. */
export const textOf = (host: FakeHost, path: string): string | null => {
  const file = host.files.get(path)
  return file ? new TextDecoder().decode(file.bytes) : null
}

/** Takes the host down at once; it answers again, with a new boot id, after `bootTakes`. */
export function rebootFake(host: FakeHost, now: number): void {
  host.counters.boots += 1
  host.rebootUnits.clear()
  cutUnfinished(host, { exitCode: null })
  // The switch is a timer: none comes back after a boot, and the word on the disk stays.
  if (host.switch) host.switch.firesAt = Number.POSITIVE_INFINITY
  host.backAt = host.onReboot === 'never-returns' ? Number.POSITIVE_INFINITY : now + host.bootTakes
  host.bootId = fakeBootId(Number.parseInt(host.bootId.slice(0, 8), 16), host.counters.boots)
  for (const unit of host.units.keys()) host.units.set(unit, `invocation-${host.counters.boots}-of-${unit}`)
  host.onBoot(host)
}

/** Fires the switch if its time has come, or now: raises the epoch, then reverts. */
export function fireFake(host: FakeHost, now: number): void {
  const armed = host.switch
  if (armed?.state !== 'armed' || now < armed.firesAt) return
  armed.state = 'fired'
  cutUnfinished(host, { exitCode: 143 })
  if (host.owner?.token.run === armed.run) {
    host.owner = { ...host.owner, token: { ...host.owner.token, epoch: host.owner.token.epoch + 1, random: 'fired' } }
  }
  host.counters.changes.push(`switch: ${armed.revert}`)
  armed.exitCode = runFake(host, armed.revert).exitCode
}

/** The change that runs has no effect any more: ended by a signal with its exit code, or by the host's going down. */
export function cutUnfinished(host: FakeHost, { exitCode }: { exitCode: number | null }): void {
  if (host.unfinished === null) return
  const { marker } = host.unfinished
  host.unfinished = null
  const begun = host.markers[marker]
  if (begun) host.markers[marker] = { ...begun, state: exitCode === null ? 'gone' : 'ended', exitCode }
}

/** The same host once more, as it is now: what becomes of one does not happen to the other. */
export function copyFake(host: FakeHost): FakeHost {
  const { counters } = host
  return {
    ...host,
    files: new Map(host.files),
    markers: [...host.markers],
    manifest: [...host.manifest],
    pending: new Map(host.pending),
    units: new Map(host.units),
    switch: host.switch ? { ...host.switch } : null,
    rebootUnits: new Set(host.rebootUnits),
    counters: { boots: counters.boots, changes: [...counters.changes], refused: [...counters.refused] },
  }
}

/** What a command answers, and what it does to the host. */
export function runFake(host: FakeHost, command: string): Answer {
  for (const [pattern, answer] of host.commands) {
    const match = typeof pattern === 'string' ? whole(pattern, command) : pattern.exec(command)
    if (!match) continue
    const given = typeof answer === 'function' ? answer(host, match) : answer
    return { exitCode: 0, stdout: '', stderr: '', ...(typeof given === 'string' ? { stdout: given } : given) }
  }
  if (command.startsWith(': ')) return { exitCode: 0, stdout: '', stderr: '' }
  if (command.includes('is-system-running')) return { exitCode: 0, stdout: 'running\n', stderr: '' }
  return { exitCode: 127, stdout: '', stderr: `fake host ${host.name} does not know: ${command}\n` }
}

function whole(pattern: string, command: string): RegExpExecArray | null {
  const match = /^[\s\S]*$/.exec(command)
  return pattern === command ? match : null
}

const fakeBootId = (host: number, boot: number): string =>
  `${host.toString(16).padStart(8, '0')}-0000-4000-8000-${boot.toString(16).padStart(12, '0')}`
