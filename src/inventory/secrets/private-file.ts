import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** No secret is longer. */
export const LARGEST_BYTES = 65_536

/** Bytes of a file that nobody else may read; `~/` is the home. Throws what `fault` makes of what is wrong. */
export function readPrivateFile(place: string, fault: (text: string, cause?: unknown) => Error): Buffer {
  const path = homePath(place)
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
    return readFileSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** The path with the home for `~/`. */
export const homePath = (place: string): string => (place.startsWith('~/') ? join(homedir(), place.slice(2)) : place)

/** The text without one line end at its end. */
export const oneLineEndLess = (text: string): string => text.replace(/\r?\n$/, '')
