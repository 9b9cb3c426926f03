import { chown, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type TemporaryProject, TUNED, type Typed, temporaryProject } from './temporary-project.ts'

let project: TemporaryProject
beforeEach(async () => {
  project = await temporaryProject()
})
afterEach(() => project.remove())

const failingRun = (words: readonly string[] = []): Promise<Typed> =>
  project.type(['run', 'tuned', '-i', 'lab', '--yes', '--json', ...words])

describe('a run on hosts that do not answer', () => {
  it('prints nothing but JSON lines on stdout, the last one its report', async () => {
    const { exitCode, stdout } = await failingRun()

    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line): { type: string; exitCode?: number } => JSON.parse(line))
    expect(lines.map(({ type }) => type)).toEqual(['run', 'planned', 'planned', 'report'])
    expect(lines.at(-1)).toMatchObject({ exitCode: 4, counts: { unreachable: 2 } })
    expect(exitCode).toBe(4)
    expect(project.dialled()).toBeGreaterThan(0)
  })

  it('is told by its name, which a plan has not', async () => {
    const [ran, planned] = [
      await project.type(['run', 'tuned', '-i', 'lab', '--yes']),
      await project.type(['plan', 'tuned', '-i', 'lab']),
    ]

    expect(ran.stderr).toMatch(/^run [a-z2-9]{5}: tuned on 2 hosts of lab, by /)
    expect(planned.stderr).toMatch(/^plan: tuned on 2 hosts of lab, by /)
  })

  it('is shown with who began it and when while it needs a hand', async () => {
    await failingRun()

    const shown = (await project.type(['status'])).stdout
    const data = JSON.parse((await project.type(['status', '--json'])).stdout)

    expect(shown).toMatch(/^ {2}begun 20\d\d-\d\d-\d\d \d\d:\d\d by \S+@\S+$/m)
    expect(data).toMatchObject({ who: expect.stringContaining('@'), at: expect.any(Number), exitCode: 4 })
  })

  it('remembers the source files of the runbook, and goes by those when it is resumed', async () => {
    await project.write('runbooks/parts/size.ts', 'export const SIZE = 4\n')
    const text = await readFile(join(project.folder, 'runbooks/tuned.ts'), 'utf8')
    await project.write(
      'runbooks/tuned.ts',
      `import { SIZE } from './parts/size.ts'\n${text.replace('default(4)', 'default(SIZE)')}`,
    )
    await failingRun()
    await rm(join(project.folder, 'runbooks'), { recursive: true })
    await mkdir(join(project.folder, 'runbooks'))

    const { exitCode, stdout, stderr } = await project.type(['resume', '--yes', '-l', 'w-1'])

    expect(stderr).toContain('w-1: gave no answer')
    expect(stdout).toContain('2 unreachable')
    expect(exitCode).toBe(4)
    expect((await project.remembered()).filter((path) => path.endsWith('size.ts'))).toHaveLength(1)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('stops at %s with the line that resumes it', async (atDial, expected) => {
    const { exitCode, stderr } = await project.type(['run', 'tuned', '-i', 'lab', '--yes'], {}, { atDial })

    expect(stderr).toMatch(/Stopping after the step in hand\. .* Go on later with: runbook resume [a-z2-9]{5}\n/)
    expect(exitCode).toBe(expected)
  })
})

describe('the log of a run', () => {
  it('says that its rows are as they were written, or which are not, and ends with 1', async () => {
    await failingRun(['-l', 'w-1'])
    const [run = ''] = (await project.type(['runs'])).stdout.split(' ')
    const verified = async (words: readonly string[] = []) => {
      const { exitCode, stdout, stderr } = await project.type(['log', run, '--verify', ...words])
      return { exitCode, stdout, stderr }
    }

    const whole = await verified()
    await damage((journal) => journal.exec("UPDATE events SET body = replace(body, 'w-1', 'w-7') WHERE host = 'w-1'"))
    const edited = await verified(['--json'])
    await damage((journal) => journal.exec("UPDATE events SET body = substr(body, 2) WHERE type = 'run'"))
    const spoiled = await verified()
    const listed = await project.type(['runs'])

    expect(whole).toEqual({ exitCode: 0, stdout: `The rows of run ${run} are as they were written.\n`, stderr: '' })
    const told = `run ${run}, host w-1, row 1 (planned, seq 2): its content is not what was written`
    expect(JSON.parse(edited.stdout)).toEqual({ type: 'verified', run, faults: [told] })
    expect(edited.exitCode).toBe(1)
    expect(spoiled.stdout).toBe(`✗ run ${run}, run-wide, row 1 (run, seq 1): its content is not what was written
✗ ${told}\n`)
    expect(listed.exitCode).toBe(1)
    expect(listed.stderr).toContain(`the journal row 1 cannot be read: its content is damaged`)
    expect(listed.stderr).toContain(`runbook log ${run} --verify`)
  })

  it('cannot be verified where there is no such run', async () => {
    await failingRun()

    const { exitCode, stderr } = await project.type(['log', 'zzzzz', '--verify'])

    expect(stderr).toContain('there is no run "zzzzz" in this project')
    expect(exitCode).toBe(2)
  })
})

describe('a runbook that was edited since its run began', () => {
  it('counts only for who accepts it, is told by what differs, and counts from then on', async () => {
    const stopped = { atDial: 'SIGINT' } as const
    await project.type(['run', 'tuned', '-i', 'lab', '--yes'], {}, stopped)
    const text = await readFile(join(project.folder, 'runbooks/tuned.ts'), 'utf8')
    await project.write('runbooks/tuned.ts', text.replace("id: 'tuned'", "id: 'tuned-anew'"))

    const resumed = async (...words: readonly string[]) => {
      const { stderr } = await project.type(['resume', '--yes', ...words], {}, stopped)
      return stderr.split('\n').filter((line) => line.startsWith('accepted: '))
    }

    expect(await resumed()).toEqual([])
    expect(await resumed('--accept-changes')).toEqual([
      'accepted: tuned.ts was edited',
      'accepted: the step tuned-anew came',
      'accepted: the step tuned went',
    ])
    expect(await resumed('--accept-changes')).toEqual([])
  })

  it('is told by the order of its steps and by its parameters too', async () => {
    const text = TUNED.replace("id: 'tuned',", 'id,')
      .replace('wanted: { size: number }', 'wanted: { size: number }, id: string')
      .replace('[tuned(params)]', "[tuned(params, 'first'), tuned(params, 'second')]")
    await project.write('runbooks/tuned.ts', text)
    const stopped = { atDial: 'SIGINT' } as const
    await project.type(['run', 'tuned', '-i', 'lab', '--yes'], {}, stopped)
    const reordered = text
      .replace("tuned(params, 'first'), tuned(params, 'second')", "tuned(params, 'second'), tuned(params, 'first')")
      .replace('default(4)', 'default(8)')
      .replace(", mode: z.enum(['fast', 'safe']).default('safe')", '')
    await project.write('runbooks/tuned.ts', reordered)

    const told = await project.type(['resume', '--yes', '--accept-changes'], {}, stopped)
    await project.write(
      'runbooks/tuned.ts',
      reordered.replace('z.object({', "z.object({ pace: z.string().default('slow'),"),
    )
    const lacking = await project.type(['resume', '--yes', '--accept-changes'], {}, stopped)

    expect(told.stderr.split('\n').filter((line) => line.startsWith('accepted: '))).toEqual([
      'accepted: tuned.ts was edited',
      'accepted: the steps go in another order: second, first',
      'accepted: the parameter size is declared otherwise; its stored value stays',
      'accepted: the parameter mode went',
    ])
    expect(lacking.stderr).toMatch(/^✗ run [a-z2-9]{5} stored no value for pace, which tuned declares by now\n/)
    expect(lacking.exitCode).toBe(2)
  })

  it('or was begun by another version of the program, is refused until somebody accepts that', async () => {
    const stopped = { atDial: 'SIGINT' } as const
    await project.type(['run', 'tuned', '-i', 'lab', '--yes'], {}, stopped)
    const before = project.dialled()
    const ofAnotherVersion = `UPDATE events SET body = replace(body, '"runbook":"0.', '"runbook":"9.') WHERE type = 'run'`
    await damage((journal) => journal.exec(ofAnotherVersion))

    const refused = await project.type(['resume', '--yes'])
    const dialled = project.dialled()
    const accepted = await project.type(['resume', '--yes', '--accept-changes'], {}, stopped)

    expect(refused.stderr).toMatch(
      /^✗ run [a-z2-9]{5} was started with other code: runbook was 9\.\S+ and is 0\.\S+\n {2}→ Go on with what is here now: add --accept-changes\n$/,
    )
    expect([refused.exitCode, dialled - before]).toEqual([2, 0])
    expect(accepted.stderr).toMatch(/^accepted: runbook was 9\.\S+ and is 0\.\S+$/m)
  })
})

describe('a plan', () => {
  it('leaves nothing in the state folder', async () => {
    const { exitCode } = await project.type(['plan', 'tuned', '-i', 'lab'])

    expect(exitCode).toBe(4)
    expect(await project.remembered()).toEqual([])
  })

  it('warns of a runbook and of an inventory whose owner is somebody else', async () => {
    for (const path of ['runbooks/tuned.ts', 'inventory/lab.yaml']) await chown(join(project.folder, path), 65_534, 0)

    const { stderr } = await project.type(['plan', 'tuned', '-i', 'lab'])

    expect(stderr).toContain('warning: runbooks/tuned.ts belongs to user 65534, who can change what is done to hosts\n')
    expect(stderr).toContain(
      'warning: inventory/lab.yaml belongs to user 65534, who can change what is done to hosts\n',
    )
  })
})

async function damage(change: (journal: DatabaseSync) => void): Promise<void> {
  const file = (await project.remembered()).find((path) => path.endsWith('journal.db')) ?? ''
  const journal = new DatabaseSync(join(project.state, file))
  change(journal)
  journal.close()
}
