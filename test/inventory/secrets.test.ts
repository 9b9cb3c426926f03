import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { secretsFrom } from '../../src/inventory/secrets.ts'
import { UsageError } from '../../src/model/errors.ts'

describe('a secret by its reference', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'runbook-secret-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const file = async (text: string, mode = 0o600): Promise<string> => {
    const path = join(folder, 'secret')
    await writeFile(path, text)
    await chmod(path, mode)
    return `file:${path}`
  }
  const refusal = (reference: string): Error => {
    try {
      secretsFrom({ EMPTY: '' })(reference)
    } catch (error) {
      if (error instanceof UsageError) return error
    }
    throw new Error(`${reference} was not refused`)
  }

  it('comes from the environment', () => {
    const revealed = secretsFrom({ SUDO: 'hunter2 ' })('env:SUDO')

    expect(revealed.reveal()).toBe('hunter2 ')
    expect(revealed.reference).toBe('env:SUDO')
  })

  it('comes from a file, without the end of its last line', async () => {
    const reference = await file('hunter2\n\n')

    const revealed = secretsFrom({})(reference)

    expect(revealed.reveal()).toBe('hunter2\n')
  })

  it.each(['env:NONE', 'env:EMPTY'])('is asked for when %s is missing', (reference) => {
    const { message } = refusal(reference)

    expect(message).toContain(`the secret ${reference} is missing`)
  })

  it.each([0o640, 0o604, 0o660])('is refused from a file of mode %o', async (mode) => {
    const { message } = refusal(await file('hunter2', mode))

    expect(message).toContain('others may read it. Type: chmod 600')
  })

  it.each([
    ['a missing file', () => `file:${folder}/none`, /ENOENT/],
    ['a folder', () => `file:${folder}`, /no regular file/],
    ['an empty file', () => file('\n'), /it is empty/],
    ['a huge file', () => file('x'.repeat(70_000)), /larger than 65536 bytes/],
  ])('is refused from %s', async (_what, reference, message) => {
    const refused = refusal(await reference())

    expect(refused.message).toMatch(message)
  })

  it('is not repeated when somebody wrote it in place of its reference', () => {
    const { message } = refusal('hunter2')

    expect(message).toBe('a secret must be given as a reference, env:NAME or file:/path')
  })
})
