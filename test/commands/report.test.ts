import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { readXml } from '../../src/library/formats/libvirt/read-xml.ts'
import { RUN_VIEW } from '../../src/reporter/report/run-view.ts'
import { FAILING } from '../reporter/report/told.ts'
import { storedRun } from './stored-run.ts'
import { type TemporaryProject, temporaryProject } from './temporary-project.ts'

let project: TemporaryProject
beforeAll(async () => {
  project = await temporaryProject()
  await storedRun(project, ...FAILING)
})
afterAll(() => project.remove())

const reported = (...words: readonly string[]) => project.type(['report', 'r1', ...words])

describe('a report of a run', () => {
  it('is on stdout what --format says, a page where nothing is said', async () => {
    const formats = [[], ['--format', 'junit'], ['--format', 'markdown'], ['--format', 'json']] as const
    const typed = await Promise.all(formats.map((words) => reported(...words)))

    expect(typed.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(formats.map(() => [0, '']))
    const [page = '', junit = '', markdown = '', json = ''] = typed.map(({ stdout }) => stdout)
    expect(page).toMatch(/^<!doctype html>\n/)
    expect(page).toContain('<h1>toy, run r1</h1>')
    expect(readXml(junit.trim())?.attributes.get('failures')).toBe('1')
    expect(markdown).toContain('## `toy`, run `r1`: 2 changed, 1 unreachable, 1 failed\n')
    expect(RUN_VIEW.parse(JSON.parse(json))).toMatchObject({ run: 'r1', exitCode: 3 })
  })

  it('goes into a file in the format of its ending', async () => {
    const files = ['junit.xml', 'ticket.md', 'run.json', 'run']

    const typed = await Promise.all(files.map((file) => reported('--output', file)))

    expect(typed.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(files.map(() => [0, '']))
    const texts = await Promise.all(files.map((file) => readFile(join(project.folder, file), 'utf8')))
    expect(texts.map((text) => text.slice(0, 5))).toEqual(['<?xml', '## `t', '{\n  "', '<!doc'])
  })

  it('ends with 2 for a run, a format or a file that cannot be', async () => {
    const typed = await Promise.all([
      project.type(['report', 'zzzzz']),
      reported('--format', 'pdf'),
      reported('--output', 'missing/run.html'),
    ])

    expect(typed.map(({ exitCode }) => exitCode)).toEqual([2, 2, 2])
    const [unknown, format, file] = typed.map(({ stderr }) => stderr)
    expect(unknown).toContain('there is no run "zzzzz" in this project')
    expect(format).toContain('--format "pdf": it must be one of html, junit, markdown, json')
    expect(file).toContain('the report cannot be written: ENOENT')
  })
})
