import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runOf } from '../engine/rows.ts'
import { storedRun } from './stored-run.ts'
import { type TemporaryProject, temporaryProject } from './temporary-project.ts'

let project: TemporaryProject
beforeEach(async () => {
  project = await temporaryProject()
})
afterEach(() => project.remove())

const wanting = async (rule: string): Promise<void> => {
  const text = await readFile(join(project.folder, 'inventory/lab.yaml'), 'utf8')
  await project.write('inventory/lab.yaml', `requireReason: ${rule}\n${text}`)
}

/** It got as far as dialling: nothing has refused it. */
const STOPPED = { atDial: 'SIGINT' } as const

const refused = (given: string): string =>
  `✗ inventory lab wants a reason with CHG-[0-9]+ in it for every change; ${given}\n  → Add it: --reason 'TICKET and why'. Or set RUNBOOK_REASON.\n`

describe('an inventory that requires a reason', () => {
  it('has a run without a fitting one end with 2, nothing contacted and nothing remembered', async () => {
    await wanting("'CHG-[0-9]+'")

    const without = await project.type(['run', 'tuned', '-i', 'lab', '--yes'])
    const unfit = await project.type(['run', 'tuned', '-i', 'lab', '--yes', '--reason', 'because'])
    const remembered = [project.dialled(), await project.remembered()]
    const reason = { RUNBOOK_REASON: 'CHG-1042 more pages' }
    const fit = await project.type(['run', 'tuned', '-i', 'lab', '--yes'], reason, STOPPED)

    expect([without.exitCode, without.stderr]).toEqual([2, refused('none was given')])
    expect([unfit.exitCode, unfit.stderr]).toEqual([2, refused('"because" has no such thing')])
    expect(remembered).toEqual([0, []])
    expect(fit.exitCode).toBe(130)
    expect(project.dialled()).toBeGreaterThan(0)
  })

  it('takes any text where it says no more than that, but not blanks; looking needs none', async () => {
    await wanting('true')
    const typed = async (...words: readonly string[]) =>
      (await project.type([...words, 'tuned', '-i', 'lab'], {}, STOPPED)).exitCode

    expect(await typed('run', '--yes', '--reason', '  ')).toBe(2)
    expect(await typed('run', '--yes', '--reason', 'why not')).toBe(130)
    expect(await typed('plan')).toBe(130)
  })

  it.each([
    ['resume', ['r1', '--yes']],
    ['rollback', ['r1', '--yes']],
    ['resolve', ['r1', 'w-1', 'tuned', '--done']],
  ])('has %s of its runs refused in the same way, by the rule of its beginning', async (verb, words) => {
    const rule = { inventory: 'lab', requireReason: 'CHG-[0-9]+' }
    await storedRun(project, ['w-1'], { ...runOf('w-1'), ...rule, run: 'r2' })

    const { exitCode, stderr } = await project.type([verb, 'r2', ...words.slice(1)])
    const unbound = await project.type([verb, ...words])

    expect([exitCode, stderr]).toEqual([2, refused('none was given')])
    expect(unbound.stderr).not.toContain('wants a reason')
    expect(project.dialled()).toBe(0)
  })

  it('has a resume write down why, also where no host is opened again', async () => {
    await wanting("'CHG-[0-9]+'")
    const { stderr } = await project.type(['run', 'tuned', '-i', 'lab', '--yes', '--reason', 'CHG-1'], {}, STOPPED)
    const run = /^run ([a-z2-9]{5})/m.exec(stderr)?.[1] ?? ''

    await project.type(['resume', run, '--yes', '--reason', 'CHG-2 once more'], {}, STOPPED)

    expect((await project.type(['log', run])).stdout).toContain('CHG-2 once more')
  })
})
