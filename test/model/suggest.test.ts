import { describe, expect, it } from 'vitest'

import { suggest } from '../../src/model/suggest.ts'

describe('a suggestion', () => {
  it.each([
    ['hypervisor', 'hypervisors'],
    ['stroage', 'storage'],
    ['STORAGE', 'storage'],
    ['hyp', 'hypervisors'],
    ['storge-1', 'storage-1'],
    ['x', undefined],
    ['database', undefined],
    ['', undefined],
  ])('for %j is %j', (word, meant) => {
    const known = ['hypervisors', 'storage', 'storage-1', 'rack-a']

    const suggestion = suggest(word, known)

    expect(suggestion).toBe(meant)
  })

  it('is none when several begin with the word', () => {
    const suggestion = suggest('rack', ['rack-amsterdam', 'rack-berlin'])

    expect(suggestion).toBeUndefined()
  })

  it('is the nearest', () => {
    const suggestion = suggest('rack-a2', ['rack-b1', 'rack-a1', 'track-a2'])

    expect(suggestion).toBe('rack-a1')
  })
})
