import { UsageError } from '../../model/errors.ts'
import type { RevealSecret } from '../../model/inventory.ts'
import { SECRET_REFERENCE, type Secret, secret } from '../../model/secret.ts'
import { fromCommand } from './from-command.ts'
import { oneLineEndLess, readPrivateFile } from './private-file.ts'

export interface SecretSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Asks a person without showing the answer; null where nobody can be asked. */
  readonly ask: (question: string) => Promise<string | null>
}

export interface Secrets {
  /**
   * Gets a value: asks for it, runs the command, opens the file. Each reference once; the next time it is remembered.
   * Throws UsageError that names what is missing, Interrupted for Ctrl-C at the question.
   */
  obtain(reference: string): Promise<Secret>
  /** The value again. Throws UsageError for one that had to be obtained before, and was not. */
  readonly reveal: RevealSecret
}

/**
 * Values of references: `env:NAME` from this environment, `file:/path` from a file that nobody else may read,
 * `prompt:WORDS` from a person at the terminal, `command:PROGRAM WORDS` from what a program prints, and
 * `age:/path[,identity=/path]` from a file that age encrypted. One line end at the end is not part of the secret.
 */
export function secretsFrom({ environment, ask }: SecretSources): Secrets {
  const obtained = new Map<string, Promise<Secret>>()
  const known = new Map<string, Secret>()

  async function get(reference: string): Promise<Secret> {
    const { kind, place } = read(reference)
    const value = await {
      env: async () => fromEnvironment(place, environment),
      file: async () => fromFile(place),
      prompt: async () => fromPerson(place, ask),
      command: async () => fromCommand(place, environment),
      // Loaded only where it is named: its ciphers take as long to load as all the rest.
      age: async () => (await import('./from-age.ts')).fromAge(place, ask),
    }[kind]()
    const found = secret(value, reference)
    known.set(reference, found)
    return found
  }

  return {
    obtain(reference) {
      const under = obtained.get(reference) ?? get(reference)
      obtained.set(reference, under)
      return under
    },
    reveal(reference) {
      const before = known.get(reference)
      if (before) return before
      const { kind, place } = read(reference)
      if (kind === 'env') return secret(fromEnvironment(place, environment), reference)
      if (kind === 'file') return secret(fromFile(place), reference)
      throw new UsageError(`the secret ${reference} was not obtained before it was needed`)
    },
  }
}

type Kind = 'env' | 'file' | 'prompt' | 'command' | 'age'

function read(reference: string): { readonly kind: Kind; readonly place: string } {
  if (SECRET_REFERENCE.test(reference)) {
    const at = reference.indexOf(':')
    // The pattern admits these kinds alone.
    return { kind: reference.slice(0, at) as Kind, place: reference.slice(at + 1) }
  }
  // It may be the secret itself, so it is not repeated.
  throw new UsageError(
    'a secret must be given as a reference: env:NAME, file:/path, prompt:WORDS, command:PROGRAM WORDS or age:/path',
  )
}

function fromEnvironment(name: string, environment: SecretSources['environment']): string {
  const value = environment[name]
  if (value !== undefined && value !== '') return value
  throw new UsageError(
    `the secret env:${name} is missing: the environment has no ${name}. Type: read -rs ${name}; export ${name}`,
  )
}

function fromFile(place: string): string {
  const fault = (text: string, cause?: unknown) =>
    new UsageError(`the secret file:${place} cannot be used: ${text}`, { cause })
  const value = oneLineEndLess(readPrivateFile(place, fault).toString('utf8'))
  if (value === '') throw fault('it is empty')
  return value
}

async function fromPerson(words: string, ask: SecretSources['ask']): Promise<string> {
  const value = await ask(`${words}: `)
  if (value === null) {
    throw new UsageError(
      `the secret prompt:${words} has to be typed at a terminal, and nobody can be asked here. Give it as env:NAME, file:/path or command:PROGRAM`,
    )
  }
  if (value === '') throw new UsageError(`the secret prompt:${words} is missing: nothing was typed`)
  return value
}
