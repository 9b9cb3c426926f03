import { createHash } from 'node:crypto'

import type { BundleFile } from '../engine/ports.ts'
import { canonical } from '../model/json.ts'

/** The hash that names these files: of names and contents, whatever the order given. */
export function bundleHash(files: readonly BundleFile[]): string {
  const sorted = files.map(({ path, text }) => ({ path, text })).sort((a, b) => (a.path < b.path ? -1 : 1))
  return createHash('sha256').update(canonical(sorted)).digest('hex')
}
