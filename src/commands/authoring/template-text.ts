import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A text of template/: source that is written into projects, and is none of ours. */
export const template = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'template', `${name}.template`), 'utf8')
