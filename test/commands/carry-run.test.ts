import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'

import { controllerProcess } from '../../src/commands/conduct/controller-process.ts'
import { findProject } from '../../src/commands/project/find-project.ts'
import { journalFile, stateFolder } from '../../src/commands/state-folder.ts'
import type { Journal } from '../../src/engine/ports.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import type { Event } from '../../src/model/event.ts'
import { claimed, controlled } from '../engine/rows.ts'
import { storedRun } from './stored-run.ts'
import { type TemporaryProject, temporaryProject } from './temporary-project.ts'

let here: TemporaryProject
let there: TemporaryProject
let file: string
beforeEach(async () => {
  ;[here, there] = await Promise.all([temporaryProject(), temporaryProject()])
  file = join(here.folder, 'handed.run')
  return () => Promise.all([here.remove(), there.remove()])
})

/** Stopped as soon as a host was dialled. */
const STOPPED = { atDial: 'SIGINT' } as const

async function stoppedRun(): Promise<string> {
  const { stderr } = await here.type(['run', 'tuned', '-i', 'lab', '--yes', '--reason', 'more room'], {}, STOPPED)
  return /^run ([a-z2-9]{5})/m.exec(stderr)?.[1] ?? ''
}

async function inJournal(act: (journal: Journal) => Promise<unknown>): Promise<void> {
  const state = stateFolder(await findProject(here.folder), { XDG_STATE_HOME: here.state })
  const journal = await openSqliteJournal(journalFile(state), { redact: (text) => text })
  await act(journal).finally(() => journal.close())
}

describe('a run that is exported and imported', () => {
  it('is told by status, log and report of the other project, and resumed there by its own sources', async () => {
    const run = await stoppedRun()
    await there.write('runbooks/tuned.ts', 'export default "not what the run goes by"\n')

    const exported = await here.type(['runs', 'export', run, file])
    const imported = await there.type(['runs', 'import', file])
    const told = await Promise.all(
      [
        ['status', run],
        ['log', run],
        ['log', run, '--verify'],
        ['report', run, '--format', 'markdown'],
      ].map((words) => there.type(words)),
    )
    const resumed = await there.type(['resume', run, '--yes'])

    expect(exported).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Go on with it in one place only') })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(imported).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Run \w{5} is in this project: /),
    })
    for (const { stdout } of told) expect(stdout).toContain(run)
    expect(told[1]?.stdout).toBe((await here.type(['log', run])).stdout)
    expect(told[3]?.stdout).toContain('more room')
    // It was reached as its rows say: by the address of the first project.
    expect([resumed.exitCode, there.dialled()]).toEqual([4, 0])
    expect((await here.type(['runs', 'export', run, file])).stderr).toContain('EEXIST')
  })

  it('is refused when its file is cut off or damaged, and then nothing is remembered', async () => {
    const run = await stoppedRun()
    await here.type(['runs', 'export', run, file])
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.slice(0, -200))
    const cut = await there.type(['runs', 'import', file])
    await writeFile(file, text.replace('more room', 'less room'))

    const damaged = await there.type(['runs', 'import', file])

    expect([cut.exitCode, cut.stderr]).toEqual([2, expect.stringContaining('handed.run: it is cut off')])
    expect([damaged.exitCode, damaged.stderr]).toEqual([2, expect.stringContaining('handed.run: it is damaged')])
    expect(await there.remembered()).toEqual([])
  })

  it('is imported once, and not over another run of its name', async () => {
    const run = await stoppedRun()
    await inJournal((journal) => journal.append([{ ...claimed('w-1'), run } as Event]))
    await here.type(['runs', 'export', run, file])
    const first = await there.type(['runs', 'import', file])
    await inJournal((journal) => journal.append([{ ...controlled('pause'), run } as Event]))
    await here.type(['runs', 'export', run, `${file}.later`])

    const again = await there.type(['runs', 'import', file])
    const other = await there.type(['runs', 'import', `${file}.later`])

    expect(first.stderr).toBe(`w-1: owned, as far as its rows say, by the journal that it comes from.
Once nothing goes on with it there, take 1 host from it: runbook unlock ${run}
`)
    expect(again).toMatchObject({ exitCode: 0, stdout: `Run ${run} is in this project already, row for row.\n` })
    expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('it has other rows')])
  })

  it('is not exported from under the process that has it, nor where there is none', async () => {
    const none = await here.type(['runs', 'export', 'r1', file])
    const left = await here.remembered()
    await storedRun(here, ['w-1'])
    await inJournal((journal) => journal.attach('r1', controllerProcess(process.pid), () => true))

    const { exitCode, stderr } = await here.type(['runs', 'export', 'r1', file])

    expect([none.exitCode, left]).toEqual([2, []])
    expect([exitCode, stderr]).toEqual([
      6,
      expect.stringContaining(`run r1 is in the hands of process ${process.pid} on`),
    ])
    await expect(stat(file)).rejects.toThrow('ENOENT')
  })
})
