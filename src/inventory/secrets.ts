import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

import { UsageError } from '../model/errors.ts'
import type { RevealSecret } from '../model/inventory.ts'
import { secret } from '../model/secret.ts'

/**
 * Gets values of references: `env:NAME` from this environment, `file:/path` from a file that nobody else may read.
 * One line end at the end of a file is not part of the secret. Throws UsageError that names what is missing.
 */
export function secretsFrom(environment: Readonly<Record<string, string | undefined>>): RevealSecret {
  return (reference) => {
    const [, kind, place = ''] = /^(env|file):(.+)$/.exec(reference) ?? []
    if (kind === 'env') return secret(fromEnvironment(place, environment), reference)
    if (kind === 'file') return secret(fromFile(place), reference)
    // It may be the secret itself, so it is not repeated.
    throw new UsageError('a secret must be given as a reference, env:NAME or file:/path')
  }
}

function fromEnvironment(name: string, environment: Readonly<Record<string, string | undefined>>): string {
  const value = environment[name]
  if (value !== undefined && value !== '') return value
  throw new UsageError(
    `the secret env:${name} is missing: the environment has no ${name}. Type: read -rs ${name}; export ${name}`,
  )
}

const LARGEST_BYTES = 65_536

function fromFile(place: string): string {
  const path = place.startsWith('~/') ? join(homedir(), place.slice(2)) : place
  const fault = (text: string, cause?: unknown): UsageError =>
    new UsageError(`the secret file:${place} cannot be used: ${text}`, { cause })
  let handle: number
  try {
    handle = openSync(path, 'r')
  } catch (cause) {
    throw fault(cause instanceof Error ? cause.message : String(cause), cause)
  }
  try {
    const status = fstatSync(handle)
    if (!status.isFile()) throw fault('it is no regular file')
    if ((status.mode & 0o077) !== 0) throw fault(`others may read it. Type: chmod 600 ${path}`)
    if (status.size > LARGEST_BYTES) throw fault(`it is larger than ${LARGEST_BYTES} bytes`)
    const value = readFileSync(handle, 'utf8').replace(/\r?\n$/, '')
    if (value === '') throw fault('it is empty')
    return value
  } finally {
    closeSync(handle)
  }
}
