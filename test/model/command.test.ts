import { describe, expect, it } from 'vitest'

import { quote, sh } from '../../src/model/command.ts'

describe('a command', () => {
  it('has one inert word for each hole, whatever it holds', () => {
    const command = sh`cat -- ${"it's $HOME"} ${''} ${7}`

    expect(command).toEqual({ kind: 'command', text: `cat -- 'it'\\''s $HOME' '' '7'` })
  })

  it('takes a list for as many words, and none for none', () => {
    const { text } = sh`grep -e x -- ${['a', 'b c', 3]} ${[]}`

    expect(text).toBe(`grep -e x -- 'a' 'b c' '3'`)
  })

  it('takes in another command as it is, quoted once', () => {
    const inner = sh`cat ${'a b'}`

    const { text } = sh`${inner} | wc -l`

    expect(text).toBe(`cat 'a b' | wc -l`)
  })

  it('begins and ends with its first and last word', () => {
    const { text } = sh`
      true
    `

    expect(text).toBe('true')
  })

  it('refuses a NUL byte, and shows where it stands', () => {
    expect(() => quote('a\0b')).toThrow(new TypeError('a shell word cannot carry a NUL byte: "a\\u0000b"'))
    expect(() => sh`cat ${['a', '\0']}`).toThrow(TypeError)
  })
})
