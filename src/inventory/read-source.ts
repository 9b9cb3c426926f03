import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'

import { UsageError } from '../model/errors.ts'
import { refuseReplaceable } from './trusted-place.ts'

/** 100,000 hosts with a line each are half of it; reading takes about 100 times its size of memory. */
const LARGEST_MEGABYTES = 16

/**
 * The bytes of a file that says what is done to which machine, so not everybody may write or replace it. `file` is its
 * name in messages. Waits for the disk: 10,000 files of host_vars are read in a third of the time so. Throws UsageError.
 */
export function readSource(path: string, file: string): Uint8Array {
  let handle: number
  try {
    handle = openSync(path, 'r')
  } catch (cause) {
    throw new UsageError(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  try {
    const { mode, size } = fstatSync(handle)
    if ((mode & 0o002) !== 0) {
      throw new UsageError(`${file}: everybody may write this file, so it is not trusted. Type: chmod o-w ${path}`)
    }
    if (size > LARGEST_MEGABYTES * 1_000_000)
      throw new UsageError(
        `${file}: larger than ${LARGEST_MEGABYTES} MB. Write hosts as ranges (hv-[01-40]), or split it`,
      )
    refuseReplaceable(path, file)
    return readFileSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** UTF-8 with or without byte-order mark. Undefined after a fault. */
export function decodeText(bytes: Uint8Array, report: (line: number, fault: string) => void): string | undefined {
  const nul = bytes.indexOf(0)
  if (nul !== -1) {
    report(lineAt(bytes, nul), 'there is a NUL byte: the file is not UTF-8 text, or is damaged')
    return undefined
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    report(lineAt(bytes, firstMalformed(bytes)), 'the file is not UTF-8 from here on. Save it as UTF-8')
    return undefined
  }
}

const lineAt = (bytes: Uint8Array, end: number): number =>
  bytes.subarray(0, end).reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 1)

/** Malformed bytes become U+FFFD when read with patience; what is before the first one is as long in both. */
function firstMalformed(bytes: Uint8Array): number {
  const patient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return new TextEncoder().encode(patient.slice(0, patient.indexOf('\ufffd'))).length
}
