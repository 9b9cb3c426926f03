import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type TemporaryProject, type Typed, temporaryProject } from './temporary-project.ts'

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
})

describe('a plan', () => {
  it('leaves nothing in the state folder', async () => {
    const { exitCode } = await project.type(['plan', 'tuned', '-i', 'lab'])

    expect(exitCode).toBe(4)
    expect(await project.remembered()).toEqual([])
  })
})
