import type { Duration } from './duration.ts'
import type { Step } from './step.ts'

/** Anything that validates input in the way of https://standardschema.dev, such as a zod object. */
export interface Schema<Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (input: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] }

/** How many hosts at a time, and when to stop. */
export interface Rollout {
  /** Sizes of the batches over hosts with pending changes; the last repeats. Default `[1]` with a reboot, else all. */
  readonly batches: readonly (number | `${number}%`)[]
  /** How many hosts may fail before no further host is started. Default 0. */
  readonly maxFailed: number | `${number}%`
  /** Where a person looks before further hosts begin. Default `never`. */
  readonly pause?: Pause
  /** How long the hosts of a batch are left to themselves before the next begins. Default none. */
  readonly soak?: Duration
}

export type Pause = 'never' | 'after-canary' | 'each-batch'

/** A list of steps with parameters and a rollout. */
export interface Runbook<Params = unknown> {
  readonly name: string
  readonly summary: string
  readonly about: About
  /** The group, or host pattern, that it is for. `--limit` narrows it. */
  readonly hosts: string
  readonly params: Schema<Params>
  readonly rollout: Partial<Rollout>
  /** What a host does when a step fails: stop as it is, or roll back at once. Default `stop`. */
  readonly onFailure: 'stop' | 'rollback'
  /** Pure: the same parameters give the same steps. */
  readonly steps: (params: Params) => readonly Step[]
  /** Guard codes with meaning and remedy, for `explain` and `show`. */
  readonly guards: Readonly<Record<string, GuardText>>
  readonly risks: readonly string[]
}

/** What an operator asks before the first run; `show` and the generated documentation say it. */
export interface About {
  /** When to run it, and what it is not. */
  readonly purpose: string
  /** What is different on a host afterwards; empty for a runbook that only looks. */
  readonly changes: readonly string[]
  /** What guests and tenants notice. */
  readonly guests: string
  /** How it is taken back, and what stays. */
  readonly undo: string
}

export interface GuardText {
  readonly meaning: string
  readonly remedy: string
  /** May `--override` pass it? Default yes. */
  readonly absolute?: boolean
}

type RunbookParts<Params> = Pick<Runbook<Params>, 'name' | 'summary' | 'hosts' | 'params' | 'steps'> &
  Partial<Pick<Runbook<Params>, 'about' | 'rollout' | 'onFailure' | 'guards' | 'risks'>>

/** A runbook from its parts: what `runbooks/NAME.ts` exports by default. */
export const defineRunbook = <Params>(parts: RunbookParts<Params>): Runbook<Params> => ({
  about: { purpose: '', changes: [], guests: '', undo: '' },
  rollout: {},
  onFailure: 'stop',
  guards: {},
  risks: [],
  ...parts,
})

/** Longest wait for one command when nothing is said. */
export const DEFAULT_CHANGE_LIMIT: Duration = '10m'
export const DEFAULT_LOOK_LIMIT: Duration = '30s'
