import { execFileSync } from 'node:child_process'
import { chmod, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complete } from '../../../src/commands/completion/complete.ts'
import type { Operator } from '../../../src/commands/operator.ts'
import { findProject } from '../../../src/commands/project/find-project.ts'
import { journalFile, makeStateFolder, stateFolder } from '../../../src/commands/state-folder.ts'
import { openSqliteJournal } from '../../../src/journal/sqlite-journal.ts'
import { runRow } from '../../journal/events.ts'
import { type TemporaryProject, temporaryProject } from '../temporary-project.ts'
import { type Shell, typedInShell } from './typed-in-shell.ts'

let project: TemporaryProject

beforeAll(async () => {
  project = await temporaryProject()
})

afterAll(() => project.remove())

/** What is offered at the end of the words, without what it means. */
async function offered(...words: string[]): Promise<readonly string[]> {
  const lines: string[] = []
  const environment = { XDG_STATE_HOME: project.state }
  // A Tab asks an operator for no more than this.
  const operator = { folder: project.folder, environment, put: (line: string) => lines.push(line) }
  await complete(words, operator as unknown as Operator)
  return lines.map((line) => line.split('\t')[0] ?? '')
}

describe('at a Tab runbook offers', () => {
  test.each<readonly [string, readonly string[], readonly string[]]>([
    ['verbs', ['re'], ['resume', 'rehearse', 'resolve', 'report']],
    ['runbooks of the project and of the library', ['plan', 'tun'], ['tuned', 'tuned-profile']],
    ['inventories', ['plan', 'tuned', '-i', ''], ['lab']],
    ['inventories behind a long flag', ['plan', 'tuned', '--inventory=l'], ['--inventory=lab']],
    ['hosts and groups', ['plan', 'tuned', '-i', 'lab', '-l', 'w'], ['workers', 'w-1', 'w-2']],
    ['the last name of a pattern', ['ping', '-i', 'lab', 'all:!w-'], ['all:!w-1', 'all:!w-2']],
    ['flags of the verb', ['approve', 'x', '--re'], ['--reason']],
    ['values of a flag that has few', ['run', 'tuned', '--pause', 'a'], ['after-canary']],
    ['every format of a report', ['report', 'x', '--format', ''], ['html', 'junit', 'markdown', 'json', 'prometheus']],
    ['what a word may be', ['keys', ''], ['scan', 'trust']],
    ['codes', ['explain', 'E_LOC'], ['E_LOCKED']],
    ['facts by name', ['ask', 'all', 'boot-'], ['boot-id']],
    ['names of files, by the shell', ['plan', 'tuned', '--vars', ''], [':files']],
  ])('%s', async (_what, words, wanted) => {
    expect(await offered(...words)).toEqual(wanted)
  })

  test.each<readonly [string, readonly string[]]>([
    ['behind a verb that is none', ['plna', '']],
    ['for parameters of a runbook that is none', ['plan', 'nothing', '-e', '']],
    ['for hosts of an inventory that is none', ['plan', 'tuned', '-i', 'nothing', '-l', '']],
    ['for runs where there are none', ['log', '']],
    ['behind the last word', ['explain', 'E_LOCKED', '']],
  ])('nothing %s, without a word', async (_what, words) => {
    expect(await offered(...words)).toEqual([])
  })

  test('runs, the newest first', async () => {
    const folder = stateFolder(await findProject(project.folder), { XDG_STATE_HOME: project.state })
    await makeStateFolder(folder)
    const journal = await openSqliteJournal(journalFile(folder), { redact: (text) => text })
    for (const run of ['older', 'newer']) await journal.append([runRow(run, ['w-1'])])
    await journal.close()

    expect(await offered('log', '')).toEqual(['newer', 'older'])
  })

  test('no host of an inventory that is a program: none is started by a Tab', async () => {
    await project.write('inventory/made.yaml', `#!/bin/sh\ntouch ${join(project.folder, 'started')}\necho '{}'\n`)
    await chmod(join(project.folder, 'inventory/made.yaml'), 0o755)

    expect(await offered('plan', 'tuned', '-i', 'made', '-l', '')).toEqual([])
    await expect(realpath(join(project.folder, 'started'))).rejects.toThrow('ENOENT')
  })

  test('what is left of a word that the shell has broken', async () => {
    const line = (text: string) => offered('--line', ' \t:=', `runbook ${text}`)

    expect(await line('plan tuned -i lab -l "workers:w-')).toEqual(['w-1', 'w-2'])
    expect(await line('pla')).toEqual(['plan'])
  })
})

/** Those of the shells that this machine has; bash always is. */
const present = (['bash', 'zsh', 'fish'] as const).map((shell): [Shell, boolean] => [shell, isThere(shell)])

describe('what a runbook declares', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['parameters', ['run', 'tuned', '-e', ''], 'size=\nmode=\n'],
    ['values of a parameter', ['run', 'tuned', '-e', 'mode='], 'mode=fast\nmode=safe\n'],
    ['the rest of a value that the shell has broken', ['--line', ' =', 'runbook plan tuned -e mode=s'], 'safe\n'],
    ['guards that may be passed', ['run', 'tuned', '--override', ''], 'E_BUSY\tThe host is busy.\n'],
    ['nothing where there is no such runbook, without a word', ['plan', 'nothing', '-e', ''], ''],
  ])('%s', async (_what, words, wanted) => {
    const answer = await project.type(['__complete', ...words])

    expect(answer).toEqual({ exitCode: 0, stdout: wanted, stderr: '' })
  })
})

describe('in a real shell', () => {
  for (const [shell, isThere] of present) {
    test.skipIf(!isThere)(
      `${shell} completes verb, runbook, inventory, limit and parameter of one line${isThere ? '' : ` (there is no ${shell} here)`}`,
      async () => {
        const line = 'runbook pl\ttuned -i l\t-l workers:w-1 -e mo\tsa\t'

        const words = await typedInShell(shell, line, project.folder)

        expect(words).toEqual(['plan', 'tuned', '-i', 'lab', '-l', 'workers:w-1', '-e', 'mode=safe'])
      },
      60_000,
    )
  }
})

function isThere(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'])
    return true
  } catch {
    return false
  }
}
