import { readFileSync } from 'node:fs'
import { armor, Decrypter } from 'age-encryption'

import { UsageError } from '../../model/errors.ts'
import { homePath, LARGEST_BYTES, oneLineEndLess, readPrivateFile } from './private-file.ts'

/**
 * The text in a file that age encrypted, armoured or not: with the identity file that is named, else with a
 * passphrase that a person types. Throws UsageError.
 */
export async function fromAge(place: string, ask: (question: string) => Promise<string | null>): Promise<string> {
  const [, path = '', identity] = /^(.+?)(?:,identity=(.+))?$/.exec(place) ?? []
  const fault = (text: string, cause?: unknown) =>
    new UsageError(`the secret age:${place} cannot be used: ${text}`, { cause })
  const sealed = readSealed(homePath(path), fault)
  const decrypter = new Decrypter()
  if (identity === undefined) decrypter.addPassphrase(await passphrase(path, ask, fault))
  else for (const line of identities(identity, fault)) decrypter.addIdentity(line)
  let value: string
  try {
    value = oneLineEndLess(await decrypter.decrypt(sealed, 'text'))
  } catch (cause) {
    const key = identity === undefined ? 'this passphrase' : `an identity of ${identity}`
    throw fault(`it does not open with ${key} (${cause instanceof Error ? cause.message : String(cause)})`, cause)
  }
  if (value === '') throw fault('it is empty')
  return value
}

type Fault = (text: string, cause?: unknown) => Error

function readSealed(path: string, fault: Fault): Uint8Array {
  try {
    // What is sealed may be read by others.
    const bytes = readFileSync(path)
    if (bytes.length > 2 * LARGEST_BYTES) throw new Error(`it is larger than ${2 * LARGEST_BYTES} bytes`)
    return bytes.toString('latin1', 0, 10) === '-----BEGIN' ? armor.decode(bytes.toString('latin1').trim()) : bytes
  } catch (cause) {
    throw fault(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

async function passphrase(path: string, ask: (question: string) => Promise<string | null>, fault: Fault) {
  const typed = await ask(`passphrase of ${path}: `)
  if (typed) return typed
  throw fault(
    typed === null
      ? 'its passphrase has to be typed at a terminal, and nobody can be asked here; name an identity file: ,identity=/path'
      : 'no passphrase was typed',
  )
}

function identities(place: string, fault: Fault): readonly string[] {
  const text = readPrivateFile(place, (why, cause) => fault(`identity ${place}: ${why}`, cause)).toString('utf8')
  const lines = text.split(/\r?\n/).filter((line) => line.startsWith('AGE-SECRET-KEY-'))
  if (lines.length === 0) throw fault(`identity ${place}: no line of it begins with AGE-SECRET-KEY-`)
  return lines
}
