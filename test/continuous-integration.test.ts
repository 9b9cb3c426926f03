import { spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** Leaves its counts, as suites do; of `test:fleet` one test fails, `test:vm` does not even begin. */
const NPM = `#!/bin/sh
echo "$3 begins"
[ "$3" = test:vm ] && exit 1
failed=0
[ "$3" = test:fleet ] && failed=1 && echo "a worker: was lost" >.cache/test-failures
echo "10 passed, $failed failed" >.cache/test-counts
exit $failed
`
const REHEARSALS = `#!/bin/sh
echo "rehearsals: 3 passed, 0 failed"
`

let checkout: string
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'runbook-ci-'))
  await Promise.all(['.ci', 'programs'].map((name) => mkdir(join(checkout, name))))
  await copyFile(join(import.meta.dirname, '../.ci/run'), join(checkout, '.ci/run'))
  for (const [path, text] of [
    ['programs/npm', NPM],
    ['runbook', REHEARSALS],
  ] as const) {
    await writeFile(join(checkout, path), text)
    await chmod(join(checkout, path), 0o755)
  }
})
afterEach(() => rm(checkout, { recursive: true }))

describe('continuous integration', () => {
  it('runs and counts every suite, also one that never began, and names what failed', () => {
    const PATH = `${join(checkout, 'programs')}:${process.env.PATH}`

    const { stdout, status } = spawnSync(join(checkout, '.ci/run'), { env: { PATH }, encoding: 'utf8' })

    const lines = stdout.split('\n')
    const begun = lines.flatMap((line) => /^(.*) begins$/.exec(line)?.[1] ?? [])
    expect(begun).toEqual([
      ...['test', 'test:runbooks', 'test:kills', 'test:faults'],
      ...['test:model', 'test:fleet', 'test:vm'],
    ])
    expect(lines.slice(-4)).toEqual(['What failed:', 'a worker: was lost', '63 passed, 2 failed', ''])
    expect(status).toBe(1)
  })
})
