import { createHash } from 'node:crypto'

import type { BundleFile } from '../engine/ports.ts'
import { canonical } from '../model/json.ts'
import { damagedBundle, noBundle } from './journal-errors.ts'

export interface SealedBundle {
  /** Of names and contents, whatever the order in which they were given. */
  readonly hash: string
  /** Ordered by path. */
  readonly files: readonly BundleFile[]
}

/** Source files under the hash that names exactly them. */
export function sealBundle(files: readonly BundleFile[]): SealedBundle {
  const sorted = files.map(({ path, text }) => ({ path, text })).sort((a, b) => (a.path < b.path ? -1 : 1))
  return { hash: createHash('sha256').update(canonical(sorted)).digest('hex'), files: sorted }
}

/** What was stored under a hash, or null, as files. Throws JournalFailed unless they are what the hash names. */
export function unsealBundle(hash: string, files: readonly BundleFile[] | null): readonly BundleFile[] {
  if (files === null) throw noBundle(hash)
  if (sealBundle(files).hash !== hash) throw damagedBundle(hash)
  return files
}
