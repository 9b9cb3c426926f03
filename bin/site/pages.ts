import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT_PAGES = ['README.md', 'SECURITY.md', 'CHANGELOG.md']

/** Every page of the documentation by its path in the repository. */
export async function documentationPages(home: string): Promise<ReadonlyMap<string, string>> {
  const paths = [...ROOT_PAGES]
  for await (const path of glob('docs/**/*.md', { cwd: home })) paths.push(path)
  const texts = await Promise.all(
    paths.toSorted().map(async (path) => [path, await readFile(join(home, path), 'utf8')] as const),
  )
  return new Map(texts)
}

/** Is there such a file or folder in the repository? */
export const isIn = (home: string) => (path: string) => !path.startsWith('..') && existsSync(join(home, path))
