import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { unpackBundle } from '../../../src/commands/project/bundle.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-bundle-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the stored files of a runbook', () => {
  it('lie within their folder, those from above it too', async () => {
    const files = [
      { path: 'tuned.ts', text: 'main' },
      { path: '../../shared/size.ts', text: 'above' },
    ]

    const main = await unpackBundle(files, folder, 'tuned')

    expect([main.startsWith(`${folder}/`), await readFile(main, 'utf8')]).toEqual([true, 'main'])
    expect(await readFile(join(main, '../../../shared/size.ts'), 'utf8')).toBe('above')
  })

  it('are not laid where an absolute path leads', async () => {
    const outside = join(folder, '..', `outside-${process.pid}.ts`)
    const files = [
      { path: outside, text: 'planted' },
      { path: 'tuned.ts', text: 'main' },
    ]

    const unpacking = unpackBundle(files, folder, 'tuned')

    await expect(unpacking).rejects.toThrow('leads outside of its folder')
    expect(await readdir(folder)).toEqual([])
    await expect(readFile(outside)).rejects.toThrow('ENOENT')
  })
})
