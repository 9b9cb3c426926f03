import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runNext } from '../../src/commands/planning/run-next.ts'
import { TUNED, typedIn } from './temporary-project.ts'

let folder: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'runbook-next-')))
  await mkdir(join(folder, 'runbooks'))
  await writeFile(join(folder, 'runbooks/tuned.ts'), TUNED)
  await writeFile(join(folder, 'hosts.ini'), '[workers]\nhere ansible_connection=local\n')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the command that follows a plan', () => {
  test('chooses and sets what the plan did, in words of a shell', () => {
    expect(
      runNext('tuned', {
        inventory: 'prod',
        limit: 'hv-*:!hv-03',
        set: ['size=8', "motto=it's so"],
        vars: ['more.yaml'],
        batch: [1, '10%'],
        override: ['E_X'],
      }),
    ).toBe(
      "runbook run tuned -i prod -l 'hv-*:!hv-03' -e size=8 -e 'motto=it'\\''s so' --vars more.yaml --batch 1,10% --override E_X",
    )
  })

  test('reaches the hosts as the plan did', () => {
    expect(runNext('tuned', { concurrency: 5, askSudo: true, sudoPasswordFile: '/etc/my sudo' })).toBe(
      "runbook run tuned -c 5 --ask-sudo --sudo-password-file '/etc/my sudo'",
    )
  })

  test('ends a plan that would change something, beside its data', async () => {
    const { stdout, stderr } = await typedIn(folder, ['plan', 'tuned', '-i', './hosts.ini', '-e', 'size=8'])

    expect(stderr.trimEnd().split('\n').at(-1)).toBe('  → runbook run tuned -i ./hosts.ini -e size=8')
    expect(stdout).not.toContain('→ runbook run')
  })

  test('says where a reason belongs, if the inventory requires one', async () => {
    await writeFile(
      join(folder, 'own.yaml'),
      'requireReason: true\nhosts: { here: { connection: { transport: local } } }\ngroups: { workers: { hosts: [here] } }\n',
    )
    const typed = ['plan', 'tuned', '-i', './own.yaml', '-e', 'size=8']

    const { stderr } = await typedIn(folder, typed)

    const last = "  → runbook run tuned -i ./own.yaml -e size=8 --reason 'TICKET and why'"
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(last)
  })

  test('is not said to programs', async () => {
    const { stderr } = await typedIn(folder, ['plan', 'tuned', '-i', './hosts.ini', '-e', 'size=8', '--json'])

    expect(stderr).not.toContain('runbook run')
  })
})
