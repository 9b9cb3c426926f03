/** What the engine does next is told by the class; where it came from, by `cause`. */
export class RunbookError extends Error {
  readonly code: string
  /** The next thing to do, as a full sentence or a command. Empty when the message says it. */
  readonly remedy: string

  constructor(message: string, options: { code?: string; remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = options.code ?? 'E_RUNBOOK'
    this.remedy = options.remedy ?? ''
  }
}

/** Bad input: explained, exit 2, nothing was contacted. `faults` are reported together. */
export class UsageError extends RunbookError {
  readonly faults: readonly string[]

  constructor(faults: string | readonly string[], options: { remedy?: string; cause?: unknown } = {}) {
    const all = typeof faults === 'string' ? [faults] : faults
    super(all.join('\n'), { code: 'E_USAGE', ...options })
    this.faults = all
  }
}

/** This host stops; the step that threw it touched nothing. */
export class Blocked extends RunbookError {}

/** A command or file change on a host ended otherwise than asked: the step failed. */
export class CommandFailed extends RunbookError {
  readonly exitCode: number | null
  /** The redacted end of what it printed. */
  readonly tail: string

  constructor(
    message: string,
    options: { exitCode: number | null; tail: string; code?: string; remedy?: string; cause?: unknown },
  ) {
    super(message, { code: 'E_COMMAND_FAILED', ...options })
    this.exitCode = options.exitCode
    this.tail = options.tail
  }
}

/** Where on the way to a host it ended. */
export type Stage = 'dial' | 'banner' | 'host-key' | 'key-exchange' | 'auth' | 'sudo' | 'channel' | 'lost'

/** The line to a host could not be had or was lost. `retry` says whether trying again can help. */
export class HostUnreachable extends RunbookError {
  readonly stage: Stage
  readonly retry: boolean

  constructor(
    message: string,
    options: { stage: Stage; retry: boolean; code?: string; remedy?: string; cause?: unknown },
  ) {
    super(message, { code: 'E_UNREACHABLE', ...options })
    this.stage = options.stage
    this.retry = options.retry
  }
}

/** The host refused a change because another owner holds it: this controller must stop touching it. */
export class NotOwner extends RunbookError {}

/** The journal refused a row because another process advances this host: this one must stop. */
export class LeaseLost extends RunbookError {}

/** The operator or a signal asked to stop: finish the step in hand, then stop. */
export class Interrupted extends RunbookError {}

/** The journal cannot be written or read: no further change may begin. */
export class JournalFailed extends RunbookError {}
