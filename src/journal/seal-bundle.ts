import { createHash } from 'node:crypto'

import type { BundleFile } from '../engine/ports.ts'
import { canonical } from '../model/json.ts'

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
