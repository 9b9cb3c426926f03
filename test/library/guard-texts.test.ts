import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import hugepages from '../../runbooks/hugepages-1g.ts'
import { type GuardCode, guardTexts } from '../../src/library/guard-texts.ts'

const LIBRARY = new URL('../../src/library/', import.meta.url)

const codesIn = (pattern: string): readonly string[] => {
  const sources = globSync(pattern, { cwd: LIBRARY }).map((file) => readFileSync(new URL(file, LIBRARY), 'utf8'))
  const words = sources.flatMap((text) => text.match(/(?<=code: )'E_[A-Z0-9_]+'/g) ?? [])
  return [...new Set(words.map((word) => word.slice(1, -1)))]
}

describe('the guards', () => {
  it('explain every code that a step of the library can answer', () => {
    const codes = codesIn('steps/**/*.ts')

    // Codes of the sources may be none that the texts know: that is the question.
    const unexplained = codes.filter((code) => guardTexts([code as GuardCode])[code] === undefined)

    expect(codes.length).toBeGreaterThan(20)
    expect(unexplained).toEqual([])
  })

  it('of hugepages-1g explain every code of its steps', () => {
    const unexplained = codesIn('steps/*.ts').filter((code) => hugepages.guards[code] === undefined)

    expect(unexplained).toEqual([])
  })
})
