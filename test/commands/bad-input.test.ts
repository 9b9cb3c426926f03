import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { type TemporaryProject, TUNED, temporaryProject } from './temporary-project.ts'

let project: TemporaryProject
beforeAll(async () => {
  project = await temporaryProject()
})
afterAll(() => project.remove())

describe('bad input is explained, exits 2, and nothing is contacted', () => {
  it.each<readonly [string, readonly string[], string]>([
    [
      'a verb that is none',
      ['pln', 'tuned'],
      '✗ there is no verb "pln". Did you mean "plan"?\n  → runbook plan --help\n',
    ],
    [
      'a runbook that is none',
      ['run', 'tuend', '-i', 'lab'],
      '✗ there is no runbook "tuend". Runbooks: tuned. Did you mean "tuned"?\n  → runbook show tuned\n',
    ],
    [
      'a flag that is none',
      ['plan', 'tuned', '--limt', 'w-1'],
      "✗ runbook plan: unknown option '--limt'\n  (Did you mean --limit?)\n  → runbook plan --help\n",
    ],
    [
      'no inventory at all',
      ['plan', 'tuned'],
      '✗ no inventory was named. Inventories: lab.\n  → Say --inventory NAME, or set RUNBOOK_INVENTORY.\n',
    ],
    [
      'an inventory that is none',
      ['plan', 'tuned', '-i', 'labb'],
      '✗ inventory "labb": there is no inventory/labb.yaml and no such file. Inventories: lab. Did you mean "lab"?\n',
    ],
    [
      'a limit that is none',
      ['plan', 'tuned', '-i', 'lab', '-l', 'worker'],
      '✗ inventory lab: "worker" is no host and no group. Groups: all, workers, spare. Did you mean "workers"?\n',
    ],
    [
      'a limit outside of what the runbook is for',
      ['plan', 'tuned', '-i', 'w-1,w-2,w-3', '-l', 'w-3'],
      '✗ inventory w-1,w-2,w-3: "workers" is no host and no group. Groups: all.\n',
    ],
    [
      'a parameter that is none',
      ['plan', 'tuned', '-i', 'lab', '-e', 'sise=8'],
      '✗ --set sise: tuned has no parameter "sise". Did you mean "size"?\n  → runbook show tuned\n',
    ],
    [
      'parameters of the wrong type, all of them',
      ['plan', 'tuned', '-i', 'lab', '-e', 'size=big', '-e', 'mode=fats'],
      '✗ w-1, w-2: size: expected number; it is "big" (--set)\n' +
        '✗ w-1, w-2: mode: expected one of "fast"|"safe"; it is "fats" (--set)\n',
    ],
    [
      'a guard that is absolute',
      ['run', 'tuned', '-i', 'lab', '--override', 'E_NEVER'],
      '✗ --override E_NEVER: this guard cannot be overridden. The host is another machine.\n  → runbook show tuned\n',
    ],
    [
      'a guard that is none',
      ['run', 'tuned', '-i', 'lab', '--override', 'E_BUZY'],
      '✗ --override E_BUZY: tuned has no such guard. Did you mean "E_BUSY"?\n  → runbook show tuned\n',
    ],
    [
      'a note, which has no meaning beyond its text',
      ['explain', 'w_overcast'],
      '✗ W_OVERCAST is a note (W_ warns, I_ informs): the text beside it says all there is, and it stops nothing.\n' +
        '  → runbook log RUN shows every note of a run with its text\n',
    ],
    [
      'a code that is none',
      ['explain', 'E_BUZY'],
      '✗ no runbook of this project and nothing in the engine says E_BUZY. Did you mean "E_BUSY"?\n',
    ],
    [
      'a batch of nothing',
      ['run', 'tuned', '-i', 'lab', '--batch', '1,0'],
      '✗ --batch "1,0": "0" is neither a number from 1 nor a percentage\n',
    ],
    [
      'a run where there was none yet',
      ['resume', 'abcde'],
      '✗ this project has no runs yet\n  → runbook run NAME --inventory INVENTORY\n',
    ],
  ])('%s', async (_what, words, message) => {
    const { exitCode, stdout, stderr } = await project.type(words)

    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 2, stdout: '', stderr: message })
    expect(project.dialled()).toBe(0)
  })

  it('says the place of a mistake in a runbook', async () => {
    await project.write('runbooks/broken.ts', "import { step } from 'runbook'\n\nconst = 3\n")

    const { exitCode, stderr } = await project.type(['plan', 'broken', '-i', 'lab'])

    expect(stderr).toMatch(
      /^✗ runbooks\/broken\.ts:3: .*\n {2}→ Mend the file, then: runbook check runbooks\/broken\.ts\n$/,
    )
    expect(exitCode).toBe(2)
  })

  it('says the place of what a runbook throws while it loads', async () => {
    await project.write('runbooks/throwing.ts', "\nthrow new Error('no such day')\n")

    const { exitCode, stderr } = await project.type(['plan', 'throwing', '-i', 'lab'])

    expect(stderr).toContain('✗ runbooks/throwing.ts:2: no such day\n')
    expect(exitCode).toBe(2)
  })

  it('names both lines of an id that stands twice', async () => {
    const twice = TUNED.replace('[tuned(params)]', "[tuned(params), { ...tuned(params), id: 'tuned' }]")
    await project.write('runbooks/twice.ts', twice.replace("name: 'tuned'", "name: 'twice'"))

    const { exitCode, stderr } = await project.type(['plan', 'twice', '-i', 'lab'])

    expect(stderr).toBe(
      '✗ runbook twice: two steps are called "tuned" (twice.ts:5 and twice.ts:15). ' +
        'Ids must be unique: the journal uses them.\n',
    )
    expect(exitCode).toBe(2)
  })

  it('refuses a runbook that everybody may write', async () => {
    await project.write('runbooks/open.ts', TUNED.replace("name: 'tuned'", "name: 'open'"))
    await chmod(join(project.folder, 'runbooks/open.ts'), 0o666)

    const { exitCode, stderr } = await project.type(['plan', 'open', '-i', 'lab'])

    expect(stderr).toBe(
      '✗ runbooks/open.ts: everybody may write this file, so it is not trusted\n  → chmod o-w runbooks/open.ts\n',
    )
    expect(exitCode).toBe(2)
  })

  it('refuses a file that a runbook imports and everybody may write, before a line of it runs', async () => {
    const imports = `import '../parts/loud.ts'\n${TUNED.replace("name: 'tuned'", "name: 'imports'")}`
    await project.write('runbooks/imports.ts', imports)
    await project.write('parts/loud.ts', "console.log('it runs')\n")
    const part = join(project.folder, 'parts/loud.ts')
    await chmod(part, 0o646)

    const typed = await project.type(['plan', 'imports', '-i', 'lab'])

    expect(typed).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `✗ ${part}: everybody may write this file, so it is not trusted\n  → chmod o-w ${part}\n`,
    })
  })

  it('gives each fault as a line of JSON too', async () => {
    const { exitCode, stdout } = await project.type(['plan', 'tuned', '-i', 'lab', '-e', 'sise=8', '--json'])

    expect(JSON.parse(stdout)).toEqual({
      type: 'error',
      code: 'E_USAGE',
      message: '--set sise: tuned has no parameter "sise". Did you mean "size"?',
      remedy: 'runbook show tuned',
      exitCode: 2,
    })
    expect(exitCode).toBe(2)
  })
})

it('lets nothing that a terminal would obey out, as JSON neither', async () => {
  const { stdout } = await project.type(['plan', 'tuned', '-i', 'lab', '-e', 'a\u009b2J=8', '--json'])

  expect(stdout).not.toContain('\u009b')
  expect(JSON.parse(stdout)).toMatchObject({ message: expect.stringContaining('a\u009b2J') })
})

describe('what is only read leaves nothing behind', () => {
  it.each([
    [['status']],
    [['runs']],
    [['show', 'tuned']],
    [['explain', 'E_LOCKED']],
    [['inventory', 'list', '-i', 'lab']],
  ])('%j', async (words) => {
    const { exitCode } = await project.type(words)

    expect(exitCode).toBe(0)
    expect(await project.remembered()).toEqual([])
  })
})

it('reads flags from the environment where the command line says nothing', async () => {
  const environment = { RUNBOOK_INVENTORY: 'labb', RUNBOOK_SKIP_UNREADY: 'maybe' }

  const asked = await project.type(['plan', 'tuned'], environment)
  const garbled = await project.type(['run', 'tuned'], environment)

  expect(asked.stderr).toContain('✗ inventory "labb"')
  expect(garbled.stderr).toBe('✗ RUNBOOK_SKIP_UNREADY="maybe": it must be 1 or 0\n')
})
