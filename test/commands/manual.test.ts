import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { manual } from '../../src/commands/pages/manual.ts'
import { readVerbs } from '../../src/commands/pages/read-verbs.ts'
import { VERBS } from '../../src/commands/verb-table.ts'

const run = promisify(execFile)
const groff = await run('groff', ['--version']).then(
  () => true,
  () => false,
)

describe('the manual', () => {
  test('has every verb with its words and every flag with its variable', async () => {
    const text = manual(await readVerbs(), '1.2.3')

    for (const { name } of VERBS) expect(text).toMatch(new RegExp(`^\\.SS "runbook ${name}[ "]`, 'm'))
    expect(text).toContain('.SS "runbook resolve <run> <host> <step>"')
    expect(text).toContain('.B \\-l, \\-\\-limit <pattern>')
    expect(text).toContain(
      '.TP\n.B \\-\\-no\\-input\nnever ask; stop where a question would be, exit 7 (RUNBOOK_NO_INPUT)',
    )
    expect(text).toMatch(/^\.TH RUNBOOK 1 "" "runbook 1\.2\.3"/m)
  })

  test('keeps commands as they are to be typed', () => {
    const verb = { name: 'ask', summary: 'ask', words: [], flags: [] }

    const text = manual([{ ...verb, examples: [[`runbook ask 'a\\b' "~c" ^d`, '.first']] }], '1')

    expect(text).toContain('.B runbook ask \\(aqa\\eb\\(aq \\(dq\\(tic\\(dq \\(had\n\\&.first\n')
  })

  test.runIf(groff)('is set by groff without a warning', async () => {
    const child = run('groff', ['-man', '-ww', '-Tutf8', '-'])
    child.child.stdin?.end(manual(await readVerbs(), '1.2.3'))

    const { stdout, stderr } = await child

    expect(stderr).toBe('')
    expect(stdout).toContain('Go on with a run that stopped.')
  })
})
