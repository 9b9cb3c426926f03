import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const launcher = join(import.meta.dirname, '../runbook')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-launcher-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the launcher of a checkout', () => {
  test('starts the command line from anywhere, through absolute and relative links', async () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    await symlink(launcher, first)
    await symlink(relative(folder, first), second)

    const direct = await run(launcher, ['--help'], { cwd: '/' })
    const linked = await run(second, ['--help'], { cwd: '/' })
    const named = await run('sh', ['second', '--help'], { cwd: folder })

    expect(direct.stdout).toContain('runbook VERB')
    expect([linked.stdout, named.stdout]).toEqual([direct.stdout, direct.stdout])
  })

  test('hands on words as they are, and the exit code', async () => {
    const wrong = run(launcher, ["it's no verb"], { cwd: folder })

    await expect(wrong).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("it's no verb") })
  })
})
