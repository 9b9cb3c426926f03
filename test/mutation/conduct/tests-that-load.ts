import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Those of the test files in which code of one of these source files may run, in threads and other processes too. */
export function testsThatLoad(sources: ReadonlySet<string>, tests: readonly string[]): readonly string[] {
  const known = new Map<string, readonly string[]>()
  const namedIn = (path: string): readonly string[] => {
    const before = known.get(path)
    if (before) return before
    const named = existsSync(path) ? filesNamedIn(path) : []
    known.set(path, named)
    return named
  }
  return tests.filter((test) => {
    const seen = new Set([test])
    for (const path of seen) {
      if (sources.has(path)) return true
      for (const named of namedIn(path)) seen.add(named)
    }
    return false
  })
}

/** What it imports, and what it starts by its name. Types alone bring no code. */
function filesNamedIn(path: string): readonly string[] {
  const text = readFileSync(path, 'utf8').replaceAll(/^(?:import|export) type [^'"]*from '[^']*'/gm, '')
  return [...text.matchAll(/['"](\.{1,2}\/[^'"\n]+\.ts)['"]/g)].map(([, named = '']) => join(dirname(path), named))
}
