import { describe, expect, it } from 'vitest'

import { inertLine, printable, printableLine } from '../../src/model/printable.ts'

describe('text of a host', () => {
  it.each([
    ['\u001b[2J\u001b]0;owned\u0007ok', '^[[2J^[]0;owned^Gok'],
    ['a\u009b31mb', 'a\\u009b31mb'],
    ['one\r\ntwo\tthree', 'one\ntwo\tthree'],
    ['50%\r100%', '50%^M100%'],
    ['exe.\u202etxt', 'exe.\\u202etxt'],
    ['bell\u0000\u007f', 'bell^@^?'],
    ['größe 日本 ✓', 'größe 日本 ✓'],
  ])('%j becomes %j', (text, expected) => {
    const shown = printable(text)

    expect(shown).toBe(expected)
  })

  it('means the same in JSON, and nothing to a terminal', () => {
    const value = { said: 'a\u009b2J\u007f\u202eb\u001b[0m' }

    const line = inertLine(JSON.stringify(value))

    expect(line).toBe('{"said":"a\\u009b2J\\u007f\\u202eb\\u001b[0m"}')
    expect(JSON.parse(line)).toEqual(value)
  })

  it('fits on one line where one is wanted', () => {
    const shown = printableLine('  first \n\n  second\u001b[0m\nthird \n')

    expect(shown).toBe('first second^[[0m third')
  })
})
