import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** The same text for the same names, contents and modes of files and of all files below folders. */
export async function filesHash(places: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const place of places) {
    for (const path of (await filesOf(place)).toSorted()) {
      const { mode } = await stat(path)
      hash.update(`\0${relative(place, path)}\0${mode & 0o111 ? 'x' : '-'}\0`).update(await readFile(path))
    }
  }
  return hash.digest('hex').slice(0, 12)
}

async function filesOf(place: string): Promise<readonly string[]> {
  if ((await stat(place)).isFile()) return [place]
  const entries = await readdir(place, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
