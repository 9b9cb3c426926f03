import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../../model/errors.ts'
import { isAlive, processIdentity } from './process-identity.ts'

/** Does the work while no other process on this machine does work under the same lock file. Killed holders lose it. */
export async function withLock<Result>(
  path: string,
  work: () => Promise<Result>,
  { waitSeconds = 900 }: { waitSeconds?: number } = {},
): Promise<Result> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const attempts = waitSeconds * 10
  for (let attempt = 0; !(await take(path)); attempt += 1) {
    const holder = await readFile(path, 'utf8').catch(() => '')
    if (attempt >= attempts) {
      throw new RunbookError(`${path} is held by process ${holder.split('.')[0]} for more than ${waitSeconds}s`, {
        remedy: `Wait for that process or end it, then try again.`,
      })
    }
    if (holder !== '' && !isAlive(holder)) await breakLock(path, holder)
    else await sleep(100)
  }
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(processIdentity())
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Moves the dead holder's file away; if another process was faster, its file is put back. */
async function breakLock(path: string, holder: string): Promise<void> {
  const aside = `${path}.${processIdentity()}`
  await rename(path, aside).catch(() => undefined)
  const moved = await readFile(aside, 'utf8').catch(() => holder)
  if (moved !== holder) await rename(aside, path)
  else await rm(aside, { force: true })
}
