import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const SOURCE = join(import.meta.dirname, '../../../src/commands/project/import-graph.ts')

/** The graphs of files as a process of its own finds them: here every import is the test runner's. */
async function graphsOf(...steps: readonly (readonly string[])[]) {
  const script = `
    import { importGraph } from ${JSON.stringify(SOURCE)}
    const graphs = []
    for (const paths of ${JSON.stringify(steps)})
      graphs.push(...(await Promise.all(paths.map((path) => importGraph(path, ${JSON.stringify(folder)})))))
    console.log(JSON.stringify(graphs.map(({ files, packages }) => ({ files, packages }))))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script])
  return JSON.parse(stdout)
}

const run = promisify(execFile)

let folder: string
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'runbook-graph-')))
  await mkdir(join(folder, 'parts'))
  await writeFile(join(folder, 'parts/size.ts'), "import { z } from 'zod'\nexport const size = z.number()\n")
})
afterEach(() => rm(folder, { recursive: true }))

const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

describe('what a file imports', () => {
  it('is known again when it is loaded already: a worker opens one for many runs', async () => {
    const path = await file('one.ts', "import './parts/size.ts'\nimport 'node:os'\nexport default 1\n")

    const whole = { files: [path, join(folder, 'parts/size.ts')], packages: ['zod'] }
    expect(await graphsOf([path], [path])).toEqual([whole, whole])
  })

  it('includes what others, loaded before, import as well', async () => {
    const [before, behind] = [
      await file('before.ts', "import './parts/size.ts'\n"),
      await file('behind.ts', "import './parts/size.ts'\n"),
    ]

    const [, graph] = await graphsOf([before], [behind])

    expect(graph).toEqual({ files: [behind, join(folder, 'parts/size.ts')], packages: ['zod'] })
  })

  it('is its own alone when two are loaded at once', async () => {
    const one = await file('one.ts', "import './parts/size.ts'\n")
    const two = await file('two.ts', "import 'node:os'\n")

    expect(await graphsOf([one, two])).toEqual([
      { files: [one, join(folder, 'parts/size.ts')], packages: ['zod'] },
      { files: [two], packages: [] },
    ])
  })
})
