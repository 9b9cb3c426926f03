import { existsSync } from 'node:fs'
import { cp, glob, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { findMutants, type Mutant } from '../mutants/find-mutants.ts'
import { instrument } from '../mutants/instrument.ts'

export const PROJECT = resolve(import.meta.dirname, '../../..')

/** Where the project stands once more, with all mutants in it. */
export const COPY = join(PROJECT, '.cache/mutation/copy')

/** Where its tests put their files: in memory if there is such a place, for a journal waits for the disk at every row. */
export const SCRATCH = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `runbook-mutation-${process.pid}`)

/** Makes the copy with the mutants of these files in it (paths below the project, or patterns). */
export async function makeCopy(patterns: readonly string[]): Promise<readonly Mutant[]> {
  await rm(COPY, { recursive: true, force: true })
  await mkdir(COPY, { recursive: true })
  // Others may pass through and not look: PostgreSQL serves from a folder in it under its own user.
  await mkdir(SCRATCH, { mode: 0o711 })
  for (const part of ['src', 'runbooks', 'test', 'inventory', 'docs', 'package.json']) {
    await cp(join(PROJECT, part), join(COPY, part), { recursive: true })
  }
  await symlink(join(PROJECT, 'node_modules'), join(COPY, 'node_modules'))

  const paths: string[] = []
  for await (const path of glob(patterns, { cwd: PROJECT })) paths.push(path)
  const all: Mutant[] = []
  for (const path of paths.toSorted()) {
    const source = await readFile(join(PROJECT, path), 'utf8')
    const mutants = findMutants(path, source, all.length)
    await writeFile(join(COPY, path), instrument(source, mutants))
    all.push(...mutants)
  }
  return all
}
