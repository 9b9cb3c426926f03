import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createRedactor, type Redactor } from '../../src/model/redactor.ts'
import { MASK, secret } from '../../src/model/secret.ts'

const redactorOf = (...values: readonly string[]): Redactor => {
  const redactor = createRedactor()
  for (const value of values) redactor.add(secret(value, 'env:PASSWORD'))
  return redactor
}

const hostile = `p'a"s$s wörd/\\<&>`

describe('a redactor', () => {
  it.each([
    ['as it is', hostile],
    ['in a shell word', `'p'\\''a"s$s wörd/\\<&>'`],
    ['in a file name of coreutils, without locale', `'p'\\''a"s$s w'$'\\303\\266''rd/\\<&>'`],
    ['in a shell word of bash, without locale', `$'p\\'a"s$s w\\303\\266rd/\\\\<&>'`],
    ['in a shell word of Python', `'p'"'"'a"s$s wörd/\\<&>'`],
    ['in double quotes of a shell', `"p'a\\"s\\$s wörd/\\\\<&>"`],
    ['in a URL', encodeURIComponent(hostile)],
    ['in a URL with small digits', encodeURIComponent(hostile).replaceAll(/%../g, (code) => code.toLowerCase())],
    ['in a form', new URLSearchParams({ key: hostile }).toString()],
    ['in JSON', JSON.stringify({ key: hostile })],
    ['in JSON of Python', `"p'a\\"s$s w\\u00f6rd/\\\\<&>"`],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ key: hostile }))],
    ['in XML', `<a b="p'a&quot;s$s wörd/\\&lt;&amp;&gt;"/>`],
    ['in XML with numbers', `<a b="p&#39;a&#34;s$s wörd/\\&lt;&amp;&gt;"/>`],
  ])('finds a secret %s', (_where, text) => {
    const filtered = redactorOf(hostile).text(text)

    expect(filtered).toContain(MASK)
    expect(filtered).not.toMatch(/w(ö|%C3%B6|%c3%b6|\\+u00f6)rd/)
  })

  it('finds a secret in base64, wherever in the encoded text it begins', () => {
    const redactor = redactorOf('correct horse')
    const texts = ['', 'x', 'xy', 'xyz'].map((before) => btoa(`${before}correct horse battery`))

    const filtered = texts.map((text) => redactor.text(text))

    expect(filtered.map((text) => text.includes(MASK))).toEqual([true, true, true, true])
    expect(filtered.map((text) => atob(text.split(MASK)[0] ?? '')).join()).not.toMatch(/corr/)
  })

  it('finds any secret at any place in base64', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, unit: 'grapheme' }), fc.string(), fc.string(), (value, before, after) => {
        const redactor = createRedactor()
        fc.pre(redactor.add(secret(value, 'env:PASSWORD')) === undefined)

        const filtered = redactor.text(Buffer.from(before + value + after).toString('base64'))

        expect(filtered).toContain(MASK)
      }),
    )
  })

  it('masks secrets that overlap as one', () => {
    const filtered = redactorOf('abcdef', 'defghi').text('<abcdefghi> <defghi> <abcdefabcdef>')

    expect(filtered).toBe(`<${MASK}> <${MASK}> <${MASK}${MASK}>`)
  })

  it('masks a secret and one within it as one', () => {
    const filtered = redactorOf('cdef', 'abcdefgh').text('<abcdefgh> <cdefgh>')

    expect(filtered).toBe(`<${MASK}> <${MASK}gh>`)
  })

  it('masks every line of a long secret by itself', () => {
    const key = '-----BEGIN KEY-----\nb3BlbnNzaC1rZXktdjE\nAAAABG5vbmUAAAAEbm9\n-----END KEY-----\n'

    const filtered = redactorOf(key).text('grep: AAAABG5vbmUAAAAEbm9 in -----BEGIN KEY-----')

    expect(filtered).toBe(`grep: ${MASK} in -----BEGIN KEY-----`)
  })

  it('finds a secret that was read with its line end', () => {
    const filtered = redactorOf('correct horse\n').text('password: correct horse.')

    expect(filtered).toBe(`password: ${MASK}.`)
  })

  it('leaves text without secrets as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(redactorOf('correct horse battery').text(text)).toBe(text)
      }),
    )
  })

  it.each([
    ['abc', 'is shorter than 4 characters'],
    ['  a  ', 'is shorter than 4 characters'],
    ['Password', 'is a common word'],
    ['roll', 'is a common word'],
    ['ecre', 'is a common word'],
    [' Password\n', 'is a common word'],
    [' ‹secret› ', 'is a common word'],
  ])('warns that %j is not filtered, without showing it', (value, reason) => {
    const redactor = createRedactor()

    const said = redactor.add(secret(value, 'env:SUDO'))

    expect(said).toBe(`the secret env:SUDO ${reason}: it is not filtered out of what is shown`)
    expect(redactor.text(`<${value}>`)).toBe(`<${value}>`)
  })

  it('says nothing about a secret that it filters', () => {
    const said = createRedactor().add(secret('hunter2', 'env:SUDO'))

    expect(said).toBeUndefined()
  })
})

describe('a redacted stream', () => {
  const through = (redactor: Redactor, chunks: readonly string[]): string => {
    const stream = redactor.stream()
    return chunks.map((chunk) => stream.push(chunk)).join('') + stream.end()
  }

  it('gives the same as the whole text, wherever it is cut', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', 'abab', 'hunter2', 'hunt', 'er2', 'unt', ' ', "it's", "'", '\n')
    const secrets = fc.constantFrom(
      ['hunter2'],
      ['hunter2', 'er2hunt'],
      ['abab'],
      ['aaaa', 'abab'],
      ["it's hunt"],
      ['unter', 'hunter2'],
    )
    fc.assert(
      fc.property(secrets, fc.array(fc.array(piece), { maxLength: 30 }), (values, pieces) => {
        const redactor = redactorOf(...values)
        const chunks = pieces.map((letters) => letters.join(''))

        expect(through(redactor, chunks)).toBe(redactor.text(chunks.join('')))
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['begins with a shorter one', ['hunter2', 'hunter2 and more'], '<hunter2 and more>'],
    ['has a shorter one within', ['hunter2', 'my hunter2!!'], '<my hunter2!!>'],
    ['has a shorter one at its end', ['hunter2', 'my hunter2'], '<my hunter2>'],
  ])('masks a secret once that %s, wherever it is cut', (_how, values, text) => {
    const redactor = redactorOf(...values)

    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(through(redactor, [text.slice(0, cut), text.slice(cut)])).toBe(`<${MASK}>`)
    }
  })

  it('never shows a part of a secret before it knows the rest', () => {
    const stream = redactorOf('hunter2').stream()

    const shown = [stream.push('password: hun'), stream.push('ter'), stream.push('2, hunt'), stream.push('ing')]

    expect(shown).toEqual(['password: ', '', `${MASK}, `, 'hunting'])
  })

  it('keeps back no more than a secret is long, however often it is repeated', () => {
    const stream = redactorOf('aaaa').stream()

    const shown = Array.from({ length: 10_000 }, () => stream.push('aaa'))

    expect(shown.join('')).toBe(MASK)
    expect(stream.end()).toBe('')
  })

  it('gives what it kept back at the end, and can be used anew', () => {
    const stream = redactorOf('hunter2').stream()
    const first = [stream.push('hunt'), stream.end()]

    const second = [stream.push('er2 hunter2'), stream.end()]

    expect(first).toEqual(['', 'hunt'])
    expect(second).toEqual([`er2 ${MASK}`, ''])
  })

  it('finds a secret that became known while it ran', () => {
    const redactor = createRedactor()
    const stream = redactor.stream()
    stream.push('nothing yet ')

    redactor.add(secret('hunter2', 'env:SUDO'))

    expect(stream.push('hunter2.')).toBe(`${MASK}.`)
  })
})
