import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { generatedDocs, presentDocs } from '../../bin/docs/generated.ts'
import { documentationOf } from '../../src/commands/pages/documentation.ts'
import { markdownPage } from '../../src/commands/pages/markdown-page.ts'
import { runbookPage } from '../../src/commands/pages/runbook-page.ts'
import { typeText } from '../../src/commands/parameters/type-text.ts'
import { declaredParameters } from '../../src/commands/parameters.ts'
import { findProject } from '../../src/commands/project/find-project.ts'
import { satisfied } from '../../src/model/check.ts'
import { defineRunbook } from '../../src/model/runbook.ts'
import { gate, once, step } from '../../src/model/step.ts'

const HOME = resolve(import.meta.dirname, '../..')

describe('what is generated below docs', () => {
  test('says what its sources say now (npm run docs)', async () => {
    const wanted = await generatedDocs(HOME)

    expect((await presentDocs(HOME)).filter((path) => !wanted.has(path))).toEqual([])
    for (const [path, text] of wanted) expect(await readFile(join(HOME, path), 'utf8'), path).toBe(text)
  }, 60_000)

  test('says of every runbook why, what guests notice and how it is undone', async () => {
    const pages = [...(await documentationOf(await findProject(HOME)))].filter(([name]) => name !== 'README.md')

    expect(pages.length).toBeGreaterThan(14)
    for (const [name, text] of pages) {
      for (const title of ['Changes', 'Guests notice', 'Undo', 'Rollout', 'Steps'])
        expect(text, name).toContain(`## ${title}\n`)
    }
  })
})

describe('the page of a runbook', () => {
  const runbook = defineRunbook({
    name: 'oil',
    summary: 'Oil the hinges',
    hosts: 'doors',
    params: z.object({ drops: z.number().int().min(1).max(9).describe('How much'), brand: z.string().optional() }),
    steps: () => [
      gate({ id: 'closed', check: async () => satisfied('it is') }),
      step({ id: 'oiled', check: async () => satisfied('it is'), apply: async () => {}, rollback: async () => {} }),
      step({ id: 'wiped', check: async () => satisfied('it is'), apply: async () => {} }),
      once({ id: 'rung', does: 'ring', command: 'true' as never }),
    ],
    guards: { E_OPEN: { meaning: 'The door is open.', remedy: 'Close it.', absolute: true } },
  })

  test('names parameters with type, range and need, and what rollback does with each step', async () => {
    const declared = (await declaredParameters(runbook)) ?? []
    const page = runbookPage(runbook, declared, runbook.steps({ drops: 1 }))

    const text = markdownPage(page)

    expect(text).toContain('- `drops`: integer from 1 to 9 (required). How much\n- `brand`: text (optional)')
    expect(text).toContain(
      '- `closed`: guard\n- `oiled`: change, undone by rollback\n- `wiped`: change, kept by rollback',
    )
    expect(text).toContain('- `rung`: ring; in every run, and not undone')
    expect(text).toContain('- `E_OPEN`: The door is open. Close it. Cannot be overridden.')
    expect(text).toContain('For the hosts "doors", all hosts side by side; the first host that fails stops it.')
    expect(text).not.toContain('## Undo')
  })
})

describe('a type in words', () => {
  test.each([
    ['integer from 576 to 9216', { type: 'integer', minimum: 576, maximum: 9216 }],
    ['on | off', { enum: ['on', 'off'] }],
    ['list of text', { type: 'array', items: { type: 'string' } }],
    ['map of text to on | off', { type: 'object', additionalProperties: { enum: ['on', 'off'] } }],
    ['{ pci: text }', { type: 'object', properties: { pci: { type: 'string' } }, additionalProperties: false }],
    ['bytes, such as 8G', { title: 'bytes, such as 8G', anyOf: [{ type: 'integer' }, { type: 'string' }] }],
  ])('%s', (words, type) => {
    expect(typeText(type)).toBe(words)
  })
})
