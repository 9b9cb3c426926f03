import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UsageError } from '../../src/model/errors.ts'
import { makeSet, ownSetName, removeFiles, setFiles, writeAccess } from '../../src/rehearsal/hosts/host-set.ts'

let cache: string
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'runbook-sets-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(cache, { recursive: true, force: true })
})

describe('the files of a set of test hosts', () => {
  it.each(['..', '../docker', '/etc', '', 'a/b', '.hidden', 'a\nb'])('have no place outside the sets: %j', (name) => {
    expect(() => setFiles(name)).toThrow(UsageError)
    expect(() => removeFiles(name)).toThrow('cannot name a set of test hosts')
  })

  it('stay as they are when another set of the name is wished, whatever its hosts are', async () => {
    await makeSet('rehearsal')
    await writeAccess('rehearsal', { hosts: [], vars: {}, overrides: {} })
    const { identity } = setFiles('rehearsal')
    const before = await stat(identity)

    await expect(makeSet('rehearsal')).rejects.toThrow('test hosts of the set "rehearsal" are up already')
    expect((await stat(identity)).ino).toBe(before.ino)
  })

  it('go under a name of their own, beside what an earlier process of the same number left', async () => {
    const first = ownSetName()
    await makeSet(first)

    const [pid = '', number = ''] = first.split('-')
    await makeSet(`${pid}-${Number(number) + 1}`)

    expect(ownSetName()).toBe(`${pid}-${Number(number) + 2}`)
  })
})
