import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import hugepages from '../../runbooks/hugepages-1g.ts'

const STEPS = new URL('../../src/library/steps/', import.meta.url)

describe('the guards of hugepages-1g', () => {
  it('explain every code that a step of the library can answer', () => {
    const sources = readdirSync(STEPS).map((file) => readFileSync(new URL(file, STEPS), 'utf8'))
    const codes = new Set(
      sources.flatMap((text) => text.match(/'E_[A-Z0-9_]+'/g) ?? []).map((word) => word.slice(1, -1)),
    )

    const unexplained = [...codes].filter((code) => hugepages.guards[code] === undefined)

    expect(unexplained).toEqual([])
  })
})
