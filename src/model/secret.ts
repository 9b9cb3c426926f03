/** Shown wherever a secret would stand. */
export const MASK = '‹secret›'

/** A value that no screen, file or log may show: it prints as ‹secret› and refuses to become JSON. */
export class Secret {
  readonly #value: string
  /** How to get it again on resume, such as `env:SUDO_PASSWORD` or `file:/etc/runbook/sudo`. */
  readonly reference: string

  constructor(value: string, reference: string) {
    this.#value = value
    this.reference = reference
  }

  /** The value itself: only for the one place that hands it to a process. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): never {
    throw new TypeError(`a secret (${this.reference}) cannot be stored; store its reference`)
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return MASK
  }
}

/** Wraps a value as secret where it is read. */
export const secret = (value: string, reference: string): Secret => new Secret(value, reference)

/**
 * What stands for a secret in inventories, parameters and the journal: `env:NAME`, `file:/path`, `prompt:WORDS`,
 * `command:PROGRAM WORDS`, `age:/path` or `age:/path,identity=/path`.
 */
export const SECRET_REFERENCE = /^(?:env:[A-Za-z_]\w*|(?:file|age):(?:\/|~\/)[^\n]+|(?:prompt|command):[^\s][^\n]*)$/
