import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { FAILING } from '../reporter/report/told.ts'
import { storedRun } from './stored-run.ts'
import { type TemporaryProject, temporaryProject } from './temporary-project.ts'

let project: TemporaryProject
beforeAll(async () => {
  project = await temporaryProject()
})
afterAll(() => project.remove())

describe('a run that needs a hand', () => {
  it('names who has failed and at which step, and what to type', async () => {
    await storedRun(project, ...FAILING)

    const { exitCode, stdout } = await project.type(['status'])

    expect(stdout.split('\n').slice(0, 4)).toEqual([
      'r1  toy: 2 changed, 1 unreachable, 1 failed',
      expect.stringMatching(/^ {2}begun .* by ops@desk$/),
      expect.stringMatching(/^ {2}failed: hv-03 at tuned: E_\w+$/),
      expect.stringMatching(/^ {2}next: runbook resume r1/),
    ])
    expect(exitCode).toBe(0)
  })
})
