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

/** A text schema, as zod has it. */
interface TextSchema<Self> {
  refine(check: (value: string) => boolean, message: string): Self
  meta(about: { readonly secret: true }): Self
}

/**
 * A parameter whose value is the reference of a secret, never the secret: the journal keeps it as it is, and steps get
 * the value by `host.secret(params.NAME)`.
 *
 *     params: z.object({ token: secretParameter(z.string()) })   // -e token=env:TOKEN
 */
export const secretParameter = <Schema extends TextSchema<Schema>>(text: Schema): Schema =>
  text.refine((value) => SECRET_REFERENCE.test(value), SECRET_WANTED).meta({ secret: true })

const SECRET_WANTED = 'it must be a reference such as env:NAME, file:/path, prompt:WORDS or command:pass show NAME'

/**
 * What stands for a secret in inventories, parameters and the journal: `env:NAME`, `file:/path`, `prompt:WORDS`,
 * `command:PROGRAM WORDS`, `age:/path` or `age:/path,identity=/path`.
 */
export const SECRET_REFERENCE = /^(?:env:[A-Za-z_]\w*|(?:file|age):(?:\/|~\/)[^\n]+|(?:prompt|command):[^\s][^\n]*)$/
