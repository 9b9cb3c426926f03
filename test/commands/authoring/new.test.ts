import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Typed, typedIn } from '../temporary-project.ts'

let folder: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'runbook-new-')))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const type = (...words: string[]): Promise<Typed> => typedIn(folder, words)
const text = (path: string): Promise<string> => readFile(join(folder, path), 'utf8')

describe('runbook new', () => {
  test('lays out a whole project where there is none, and nothing in it has a fault', async () => {
    const made = await type('new', 'greeting')
    const checked = await type('check')

    expect(made.stdout.split('\n').filter((line) => line !== '')).toEqual(
      [
        'package.json',
        'tsconfig.json',
        '.gitignore',
        'inventory/lab.yaml',
        'runbooks/greeting.ts',
        'test/greeting.test.ts',
      ].map((path) => `made  ${path}`),
    )
    expect(made.stderr).toBe('  → edit runbooks/greeting.ts, then: npm test, runbook check greeting\n')
    expect(checked.stdout).toBe('✓ 1 runbook, 1 inventory file: no faults\n')
    expect(JSON.parse(await text('package.json'))).toMatchObject({ type: 'module', scripts: { test: 'node --test' } })
  })

  test('adds to a project the runbook and its test alone', async () => {
    await mkdir(join(folder, 'runbooks'))

    await type('new', 'greeting')

    expect((await readdir(folder)).toSorted()).toEqual(['runbooks', 'test'])
    expect(await text('runbooks/greeting.ts')).toContain("name: 'greeting'")
  })

  test('overwrites no file, and says what one that was there must say', async () => {
    await writeFile(join(folder, 'package.json'), '{ "dependencies": {} }\n')

    const made = await type('new', 'greeting')
    const again = await type('new', 'greeting')

    expect(made.stdout).toContain('kept  package.json, which was there\n')
    expect(made.stderr).toContain('Type: npm pkg set type=module\n')
    expect(made.stderr).toContain('Type: npm pkg set scripts.test="node --test"\n')
    expect(await text('package.json')).toBe('{ "dependencies": {} }\n')
    expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is a runbook greeting in') })
  })

  test('says so where a runbook would stand before one of the library', async () => {
    const made = await type('new', 'thp')

    expect(made.stderr).toContain('thp stands before the runbook of that name that comes with the product\n')
  })

  test.each(['../greeting', 'Greeting', 'a b', '-x', 'a--b', ''])(
    'refuses the name %j and makes nothing',
    async (name) => {
      const refused = await type('new', '--', name)

      expect(refused.exitCode).toBe(2)
      expect(await readdir(folder)).toEqual([])
    },
  )

  test('refuses a folder that everybody may write', async () => {
    await chmod(folder, 0o777)

    const refused = await type('new', 'greeting')

    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`chmod o-w ${folder}`) })
    expect(await readdir(folder)).toEqual([])
  })
})
