import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Paths relative to the folder. */
export interface Written {
  readonly made: readonly string[]
  /** They were there and are as they were. */
  readonly kept: readonly string[]
}

/** Writes those of the files that are not there, path to text. Nobody but the user may write what it makes. */
export async function writeMissing(folder: string, files: Readonly<Record<string, string>>): Promise<Written> {
  const made: string[] = []
  const kept: string[] = []
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true, mode: 0o755 })
    const isNew = await writeFile(join(folder, path), text, { flag: 'wx', mode: 0o644 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    )
    if (isNew) made.push(path)
    else kept.push(path)
  }
  return { made, kept }
}
