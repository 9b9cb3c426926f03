import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentationPages } from '../../bin/site/pages.ts'
import { readVerbs } from '../../src/commands/pages/read-verbs.ts'
import { ELSEWHERE, ON_CONTAINERS, WITHOUT_HOSTS } from './documented.ts'
import { mentionedCommands, typedCommands } from './typed-commands.ts'
import { layOutFilesOf, type Typist, typist } from './typist.ts'

const HOME = resolve(import.meta.dirname, '../..')
const pages = [...(await documentationPages(HOME))].filter(([path]) => !/^docs\/(reference|runbooks)\//.test(path))
const documented = new Set(pages.flatMap(([, text]) => typedCommands(text)))

describe('each command of the documentation', () => {
  const typed = [...WITHOUT_HOSTS, ...ON_CONTAINERS].map(({ command }) => command)
  const listed = [...typed, ...Object.keys(ELSEWHERE)]

  test('is typed by a test, or has a reason why not', () => {
    expect([...documented].filter((command) => !listed.includes(command))).toEqual([])
  })

  test('is still there', () => {
    expect(listed.filter((command) => !documented.has(command))).toEqual([])
  })

  test('names only tests that are there', async () => {
    const named = Object.values(ELSEWHERE).flatMap((reason) => reason.match(/test\/[\w/.-]+\.test\.ts/g) ?? [])

    for (const path of new Set(named))
      expect((await readFile(join(HOME, path), 'utf8')).length, path).toBeGreaterThan(0)
  })

  test('in running text has verbs and flags that there are', async () => {
    const verbs = new Map((await readVerbs()).map((verb) => [verb.name, verb]))
    const mentioned = pages.flatMap(([path, text]) =>
      mentionedCommands(text).map((command) => [path, command] as const),
    )

    const wrong = mentioned.filter(([, command]) => {
      const [verb = '', ...words] = command.replace(/^(npx |\.\/)?runbook /, '').split(' ')
      const usages = verbs.get(verb)?.flags.flatMap(({ usage }) => usage.split(/[ ,]+/)) ?? []
      const flags = words.filter((word) => /^--?[a-z]/.test(word))
      return !verbs.has(verb) || flags.some((flag) => !usages.includes(flag))
    })

    expect(wrong).toEqual([])
  })
})

describe('without hosts', () => {
  let me: Typist

  beforeAll(async () => {
    me = await typist()
    await me.write('site.yml', await blockOf('docs/from-ansible.md', 'yaml'))
    await me.write('hosts.ini', '[hypervisors]\nhv-01\n')
  })

  afterAll(() => me.remove())

  test.each(WITHOUT_HOSTS)('$command', async ({ exit = 0, says, ...one }) => {
    const ended = await me.type(one)
    if (one.command.includes(' new journal-size')) await layOutFilesOf('docs/authoring.md', me)
    if (one.command.includes(' new greeting'))
      await me.write('inventory/prod.yaml', await blockOf('docs/cookbook.md', 'yaml'))

    expect(ended).toEqual({ exit, said: expect.stringMatching(says) })
  })

  test('the tests that the documentation shows pass', async () => {
    expect(await me.type({ command: 'npm test' })).toEqual({ exit: 0, said: expect.stringMatching(/pass 3\n/) })
  })
})

async function blockOf(page: string, language: string): Promise<string> {
  const text = await readFile(join(HOME, page), 'utf8')
  return new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1] ?? ''
}
