import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
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
      '✗ inventory w-1,w-2,w-3: "workers" is no host and no group. It has no group but all; groups are written into ' +
        'a file: inventory/NAME.yaml with `groups: {web: {hosts: [web-1]}}`.\n',
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

  it('says the places of steps that cannot be made and of guards that explain nothing', async () => {
    await project.write('runbooks/failing.ts', FAILING)
    await project.write('runbooks/silent.ts', SILENT)

    const { exitCode, stdout } = await project.type(['check', 'failing', 'silent'])

    expect(exitCode).toBe(2)
    expect(stdout.split('\n')).toEqual([
      "✗ runbooks/failing.ts:4: Cannot read properties of undefined (reading '0')",
      '✗ silent.ts:5: the guard E_MUTE explains nothing: it needs a meaning and a remedy',
      '',
    ])
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

  it('refuses files that import each other in a circle, before a line of them runs', async () => {
    await project.write('runbooks/round.ts', `import '../parts/one.ts'\nimport '../parts/two.ts'\n${TUNED}`)
    await project.write('parts/one.ts', "import './two.ts'\nconsole.log('it runs')\n")
    await project.write('parts/two.ts', "import './three.ts'\nconsole.log('it runs')\n")
    await project.write('parts/three.ts', "import './one.ts'\nconsole.log('it runs')\n")

    const { exitCode, stdout, stderr } = await project.type(['plan', 'round', '-i', 'lab'])

    const [one, two, three] = ['one', 'two', 'three'].map((name) => join(project.folder, `parts/${name}.ts`))
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      `✗ files import each other in a circle: ${[three, one, two, three].join(' → ')}`,
      '  → Move what both need into a file of its own.',
    ])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  it('refuses imports without end', async () => {
    await project.write('runbooks/deep.ts', `import '../deep/1.ts'\n${TUNED}`)
    for (let depth = 1; depth <= 120; depth += 1)
      await project.write(`deep/${depth}.ts`, `import './${depth + 1}.ts'\n`)
    await project.write('deep/121.ts', "console.log('it runs')\n")

    const { exitCode, stdout, stderr } = await project.type(['plan', 'deep', '-i', 'lab'])

    const place = join(project.folder, 'deep/100.ts')
    expect(stderr).toContain(`✗ ${place} is imported over more than 100 files in a row\n`)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  it('refuses a runbook that is a link to outside of the project, or to itself, and an import that leads outside', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'runbook-elsewhere-'))
    await writeFile(join(elsewhere, 'away.ts'), `console.log('it runs')\n${TUNED}`)
    const at = (path: string) => join(project.folder, path)
    await symlink(join(elsewhere, 'away.ts'), at('runbooks/away.ts'))
    await symlink('round.ts', at('runbooks/itself.ts'))
    await rm(at('runbooks/round.ts'), { force: true })
    await symlink('itself.ts', at('runbooks/round.ts'))
    await project.write('runbooks/linked.ts', `import './part.ts'\n${TUNED}`)
    await writeFile(join(elsewhere, 'part.ts'), "console.log('it runs')\n")
    await symlink(join(elsewhere, 'part.ts'), at('runbooks/part.ts'))

    const refused = await Promise.all(
      ['away', 'itself', 'linked'].map((name) => project.type(['plan', name, '-i', 'lab'])),
    )

    for (const name of ['away', 'itself', 'round', 'linked', 'part']) await rm(at(`runbooks/${name}.ts`))
    const said = refused.map(({ stderr }) => stderr.split('\n')[0])
    expect(said).toEqual([
      `✗ runbooks/away.ts: this link leads to ${elsewhere}/away.ts, which is outside of ${project.folder}`,
      '✗ runbooks/itself.ts: this link leads in a circle',
      `✗ ${at('runbooks/linked.ts')} imports ${elsewhere}/part.ts, which is outside of ${project.folder}`,
    ])
    expect(refused.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).toEqual(
      Array(3).fill({ exitCode: 2, stdout: '' }),
    )
    await rm(elsewhere, { recursive: true })
  })

  it('reads a runbook with a byte-order mark and line ends of another system as any other', async () => {
    await project.write(
      'runbooks/foreign.ts',
      `\ufeff${TUNED.replace("name: 'tuned'", "name: 'foreign'").replaceAll('\n', '\r\n')}`,
    )

    const { exitCode, stdout, stderr } = await project.type(['show', 'foreign'])

    expect(stdout).toContain('foreign: Tune it\n')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it.each([
    ['a NUL byte', 'Tune\0it', 'there is a NUL byte: the file is not UTF-8 text, or is damaged'],
    ['bytes that are no UTF-8', 'Tune \xe9', 'the file is not UTF-8 from here on. Save it as UTF-8'],
  ])('refuses %s in a runbook and in what it imports, with the line', async (_what, text, fault) => {
    const folder = join(project.folder, 'runbooks')
    await writeFile(join(folder, 'spoilt.ts'), TUNED.replace('Tune it', text), 'latin1')
    await writeFile(join(folder, 'imports-it.ts'), `import './spoilt.ts'\n${TUNED}`)

    const refused = [await project.type(['show', 'spoilt']), await project.type(['show', 'imports-it'])]

    for (const name of ['spoilt', 'imports-it']) await rm(join(folder, `${name}.ts`))
    const stderr = `✗ ${join(folder, 'spoilt.ts')}:12: ${fault}\n`
    expect(refused).toEqual(Array(2).fill({ exitCode: 2, stdout: '', stderr }))
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

const FAILING = `import { defineRunbook } from 'runbook'
import { z } from 'zod'
export default defineRunbook({ name: 'failing', summary: 'It fails', hosts: 'all', params: z.object({}),
  steps: () => [(undefined as never as never[])[0]],
})
`

const SILENT = `import { defineRunbook } from 'runbook'
import { z } from 'zod'
export default defineRunbook({ name: 'silent', summary: 'It says nothing', hosts: 'all', params: z.object({}),
  steps: () => [],
  guards: { E_MUTE: { meaning: '', remedy: 'Speak.' } },
})
`
