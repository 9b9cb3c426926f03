import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

import { createRedactor } from '../../src/model/redactor.ts'
import { MASK, secret } from '../../src/model/secret.ts'
import { secretSpellings } from '../../src/model/secret-spellings.ts'

/** The text as it is shown where only this secret is known. */
const shown = (value: string, text: string): string => {
  const redactor = createRedactor()
  redactor.add(secret(value, 'env:PASSWORD'))
  return redactor.text(text)
}

/** What real programs print of a value; each is masked as a whole. */
const PRINTED: readonly (readonly [where: string, value: string, printed: string])[] = [
  ['base64', '~~~?>>', 'fn5+Pz4+'],
  ['base64 for URLs', '~~~?>>', 'fn5-Pz4-'],
  ['base64 for URLs, which has another sign for the slash too', 'key???>>>', 'a2V5Pz8_Pj4-'],
  ['double quotes of a shell', 'a"b$c`d\\e', 'a\\"b\\$c\\`d\\\\e'],
  ['double quotes of a shell, with blanks and a mark that need none', 'a "b! $c', 'a \\"b! \\$c'],
  ['double quotes of an interactive bash, with blanks', 'a "b! $c', 'a \\"b\\! \\$c'],
  ['double quotes of an interactive bash', 'a"b!c$d', 'a\\"b\\!c\\$d'],
  ['printf %q of bash', "a b;c'd(e)~", "a\\ b\\;c\\'d\\(e\\)\\~"],
  ['a $-word of bash, with its line ends', "one\ntwo\t'three'", "one\\ntwo\\t\\'three\\'"],
  ['a $-word of bash, with letters that its locale has', "é one\ntwo\t'three'", "é one\\ntwo\\t\\'three\\'"],
  [
    'a $-word without locale, with signs that have names',
    'one\ttwo\nthree\rfour\u001bé',
    'one\\ttwo\\nthree\\rfour\\E\\303\\251',
  ],
  ['a $-word without locale, with signs that have none', 'one\u0007\u0001two', 'one\\007\\001two'],
  ['a $-word without locale, with a letter of four bytes', 'key🔑value', 'key\\360\\237\\224\\221value'],
  ['a file name of coreutils with two letters beyond ASCII', 'caféè-x', "caf'$'\\303\\251\\303\\250''-x"],
  ['JSON of PHP', 'key/of/é', 'key\\/of\\/\\u00e9'],
  ['JSON with escaped slashes', 'key/of/é', 'key\\/of\\/é'],
  ['JSON with control characters in small numbers', 'key\u0007é', 'key\\u0007\\u00e9'],
  ['a URL that quotes more than it must', "key'(1)*!", 'key%27%281%29%2A%21'],
  ['a URL that quotes little', 'key/a b?c', 'key/a%20b?c'],
  ['a form', 'key/a b?c', 'key%2Fa+b%3Fc'],
  ['XML', `<a> & "b" 'c'`, '&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos;'],
  ['XML with numbers', `<a> & "b" 'c'`, '&lt;a&gt; &amp; &#34;b&#34; &#39;c&#39;'],
  ['HTML of Python', `<a> & "b" 'c'`, '&lt;a&gt; &amp; &quot;b&quot; &#x27;c&#x27;'],
  ['XML text, where quotes stand as they are', `<a> & "b" 'c'`, `&lt;a&gt; &amp; "b" 'c'`],
]

describe('a secret as it may stand in output', () => {
  it.each(PRINTED)('is known in %s', (_where, value, printed) => {
    expect(shown(value, `<<${printed}>>`)).toBe(`<<${MASK}>>`)
  })

  it('is known as the shell of this machine quotes it', () => {
    const value = "it's a\\b\tc\n$d"

    const printed = execFileSync('bash', ['-c', 'printf %q "$1"', 'bash', value], { encoding: 'utf8' })

    expect(shown(value, printed)).toBe(`$'${MASK}'`)
  })

  it('is known with and without the blanks around it', () => {
    expect(shown(' hunter2 \n', `[ hunter2 \n] [hunter2]`)).toBe(`[${MASK}] [${MASK}]`)
  })

  it('is known by each of its lines that is long enough to be one', () => {
    const value = 'eightlet\r\nseven77\n-----END KEY-----\n'

    expect(shown(value, 'eightlet seven77 -----END KEY-----')).toBe(`${MASK} seven77 -----END KEY-----`)
  })

  it('is known by a line that ends with dashes, and not by what stands behind some', () => {
    expect(shown('first line\nsecret-----', 'secret-----')).toBe(MASK)
    expect(shown('-----secret', 'secret')).toBe('secret')
  })

  it('is known in text that was no good Unicode', () => {
    expect(shown('key\ud800value', 'key\ufffdvalue')).toBe(MASK)
  })

  it('has no spelling that stands everywhere by chance', () => {
    const spellings = [...secretSpellings('abc'), ...secretSpellings('a b')]

    expect(spellings.filter((spelling) => spelling.length < 4)).toEqual([])
    expect([...secretSpellings('abcd')]).toContain('abcd')
  })
})
