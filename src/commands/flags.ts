import { type Duration, milliseconds } from '../model/duration.ts'
import { UsageError } from '../model/errors.ts'
import type { Pause, Rollout } from '../model/runbook.ts'

/** What flags say. Absent means that neither the command line nor the environment said anything. */
export interface Options {
  readonly inventory?: string
  readonly limit?: string
  readonly set?: readonly string[]
  readonly vars?: readonly string[]
  readonly concurrency?: number
  readonly batch?: Rollout['batches']
  readonly maxFail?: Rollout['maxFailed']
  readonly pause?: Pause
  readonly soak?: Duration
  readonly health?: string
  readonly until?: TimeOfDay
  readonly notify?: readonly string[]
  readonly notifyKey?: string
  readonly skipUnready?: boolean
  readonly override?: readonly string[]
  readonly reason?: string
  readonly yes?: boolean
  /** False after `--no-input`. */
  readonly input?: boolean
  readonly json?: boolean
  readonly exact?: boolean
  readonly acceptChanges?: boolean
  readonly reboot?: boolean
  readonly verbose?: boolean
  readonly detailedExitcode?: boolean
  readonly verify?: boolean
  readonly hosts?: number
  readonly drill?: readonly string[]
  readonly keep?: boolean
  readonly seed?: number
  readonly all?: boolean
  readonly on?: string
  readonly done?: boolean
  readonly rerun?: boolean
  readonly fail?: boolean
  readonly askSudo?: boolean
  readonly sudoPasswordFile?: string
  readonly as?: string
  readonly reach?: boolean
  readonly store?: string
  readonly sites?: readonly string[]
  readonly capacity?: number
  readonly spread?: string
  readonly format?: ReportFormat
  readonly output?: string
}

export type ReportFormat = (typeof REPORT_FORMATS)[number]

const PAUSES: readonly Pause[] = ['never', 'after-canary', 'each-batch']

const REPORT_FORMATS = ['html', 'junit', 'markdown', 'json', 'prometheus'] as const

export type FlagName = keyof Options

export interface Flag {
  /** As commander writes it. */
  readonly usage: string
  readonly help: string
  /** Reads one value. Flags without it are switches. Throws UsageError. */
  readonly read?: (value: string) => unknown
  /** All that it may be, where those are few: a Tab offers them. */
  readonly values?: readonly string[]
  /** May stand several times. */
  readonly many?: boolean
}

/** Every flag of every verb, once. The environment may say each as `RUNBOOK_` and its name. */
export const FLAGS: Readonly<Record<FlagName, Flag>> = {
  inventory: {
    usage: '-i, --inventory <name>',
    help: 'a name in inventory/, a path, or hosts with commas',
    read: String,
  },
  limit: { usage: '-l, --limit <pattern>', help: 'only these hosts: a:&b:!c, ~regex, hv-[01-10], @file', read: String },
  set: { usage: '-e, --set <key=value>', help: 'a parameter, read by its declared type', read: String, many: true },
  vars: { usage: '--vars <file>', help: 'parameters from a YAML or JSON file', read: String, many: true },
  concurrency: {
    usage: '-c, --concurrency <number>',
    help: 'hosts open at a time (default 50)',
    read: count('--concurrency'),
  },
  batch: { usage: '--batch <sizes>', help: 'hosts per batch, the last repeats: 1,10%', read: batches },
  maxFail: { usage: '--max-fail <number>', help: 'hosts that may fail before no further one is started', read: size },
  pause: {
    usage: '--pause <when>',
    help: 'stop for a person after-canary or at each-batch, or never',
    read: pause,
    values: PAUSES,
  },
  soak: { usage: '--soak <time>', help: 'leave each batch to itself for so long before the next: 10m', read: soak },
  health: { usage: '--health <command>', help: 'run here behind each batch; go on if it exits 0', read: String },
  until: { usage: '--until <time>', help: 'begin no batch later than this: 05:00', read: timeOfDay },
  notify: {
    usage: '--notify <place>',
    help: 'tell a web address, or a command here, how it ended',
    read: String,
    many: true,
  },
  notifyKey: { usage: '--notify-key <reference>', help: 'sign what web addresses are sent: file:PATH', read: String },
  skipUnready: { usage: '--skip-unready', help: 'go on without hosts that are blocked or unreachable' },
  override: {
    usage: '--override <code>',
    help: 'pass this guard; recorded with who and why',
    read: String,
    many: true,
  },
  reason: { usage: '--reason <text>', help: 'why, for the journal', read: String },
  yes: { usage: '-y, --yes', help: 'approve without a question' },
  input: { usage: '--no-input', help: 'never ask; stop where a question would be, exit 7' },
  json: { usage: '--json', help: 'JSON lines on stdout and nothing else' },
  exact: { usage: '--exact', help: 'stop a host whose answers differ from its plan' },
  acceptChanges: { usage: '--accept-changes', help: 'go on with the edited runbook or another version' },
  reboot: { usage: '--reboot', help: 'allow the reboot that going on or back needs' },
  verbose: { usage: '-v, --verbose', help: 'show what commands print while they run' },
  detailedExitcode: { usage: '--detailed-exitcode', help: 'exit 8 when changes are pending' },
  verify: { usage: '--verify', help: 'recompute the chain of the journal' },
  hosts: { usage: '--hosts <number>', help: 'how many throw-away hosts', read: count('--hosts') },
  drill: {
    usage: '--drill <names>',
    help: 'kill, reboot, rescue',
    read: list,
    values: ['kill', 'reboot', 'rescue'],
    many: true,
  },
  keep: { usage: '--keep', help: 'leave the throw-away hosts up' },
  seed: { usage: '--seed <number>', help: 'draw the moments of drills as this seed did before', read: count('--seed') },
  all: { usage: '--all', help: 'every runbook of the project, with all its variants' },
  on: {
    usage: '--on <kind>',
    help: 'containers or vm (default containers)',
    read: String,
    values: ['containers', 'vm'],
  },
  done: { usage: '--done', help: 'it was done' },
  rerun: { usage: '--rerun', help: 'it was not done: run it again' },
  fail: { usage: '--fail', help: 'it failed' },
  as: { usage: '--as <user>', help: 'ask as this user of the host (default root)', read: String },
  reach: { usage: '--reach', help: 'log in on one host of each group too' },
  store: { usage: '--store <address>', help: 'runs of a fleet: postgres://USER@HOST/DATABASE', read: String },
  sites: { usage: '--sites <names>', help: 'only hosts whose variable site is one of these', read: list },
  capacity: { usage: '--capacity <number>', help: 'hosts open at a time here (default 50)', read: count('--capacity') },
  spread: {
    usage: '--spread <variable>',
    help: 'of hosts with the same value one at a time, or so many: rack=3',
    read: String,
  },
  format: {
    usage: '--format <name>',
    help: 'html, junit, markdown, json or prometheus (default: by the ending of --output, else html)',
    read: reportFormat,
    values: REPORT_FORMATS,
  },
  output: { usage: '--output <file>', help: 'write it there (default stdout)', read: String },
  askSudo: { usage: '--ask-sudo', help: 'ask for the sudo password, once, without showing it' },
  sudoPasswordFile: {
    usage: '--sudo-password-file <file>',
    help: 'the sudo password stands in this file, which only you may read',
    read: String,
  },
}

/** The variable of the environment that may say it; `--no-input` is the only flag whose name says the opposite. */
export function variableOf(name: FlagName): string {
  return `RUNBOOK_${(name === 'input' ? 'noInput' : name).replace(/[A-Z]/g, '_$&').toUpperCase()}`
}

function count(flag: string): (value: string) => number {
  return (value) => {
    if (/^[1-9]\d{0,5}$/.test(value)) return Number(value)
    throw new UsageError(`${flag} ${JSON.stringify(value)}: it must be a whole number from 1`)
  }
}

function reportFormat(value: string): ReportFormat {
  const known = REPORT_FORMATS.find((format) => format === value)
  if (known) return known
  throw new UsageError(`--format ${JSON.stringify(value)}: it must be one of ${REPORT_FORMATS.join(', ')}`)
}

function list(value: string): readonly string[] {
  return value.split(',').filter((word) => word !== '')
}

function batches(value: string): Rollout['batches'] {
  return value.split(',').map((part) => {
    if (/^[1-9]\d*$/.test(part)) return Number(part)
    // The pattern admits only a number with a percent sign.
    if (/^\d+(\.\d+)?%$/.test(part) && Number.parseFloat(part) > 0) return part as `${number}%`
    throw new UsageError(`--batch ${JSON.stringify(value)}: "${part}" is neither a number from 1 nor a percentage`)
  })
}

function size(value: string): Rollout['maxFailed'] {
  if (/^\d+$/.test(value)) return Number(value)
  // The pattern admits only a number with a percent sign.
  if (/^\d+(\.\d+)?%$/.test(value)) return value as `${number}%`
  throw new UsageError(`--max-fail ${JSON.stringify(value)}: it must be a number from 0 or a percentage`)
}

/** A minute of the day by the clock of this machine. */
export interface TimeOfDay {
  readonly hour: number
  readonly minute: number
}

function pause(value: string): Pause {
  const known = PAUSES.find((one) => one === value)
  if (known) return known
  throw new UsageError(`--pause ${JSON.stringify(value)}: it must be one of ${PAUSES.join(', ')}`)
}

function soak(value: string): Duration {
  try {
    milliseconds(value as Duration)
  } catch {
    throw new UsageError(`--soak ${JSON.stringify(value)}: it must be a number with s, m or h, such as 10m`)
  }
  return value as Duration
}

function timeOfDay(value: string): TimeOfDay {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(value) ?? []
  if (minute !== undefined) return { hour: Number(hour), minute: Number(minute) }
  throw new UsageError(`--until ${JSON.stringify(value)}: it must be a time of day, such as 05:00`)
}
