import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

import { ENGINE_CODES } from '../../src/commands/reading/engine-codes.ts'

const SOURCES = resolve(import.meta.dirname, '../../src')

it('explains every code that the engine, the lines to hosts and clouds, and the journal can say', async () => {
  const said = new Set<string>()
  for await (const path of glob('{engine,transport,cloud,journal,runtime}/**/*.{ts,sh}', { cwd: SOURCES })) {
    const text = readFileSync(join(SOURCES, path), 'utf8')
    for (const [code] of text.matchAll(/\b[EW]_[A-Z][A-Z0-9_]{2,}\b/g)) said.add(code)
  }

  const silent = [...said].filter((code) => !(code in ENGINE_CODES))

  expect(silent).toEqual([])
})
