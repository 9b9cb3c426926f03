import type { Json } from '../../../model/json.ts'

/**
 * The value of a text that is a Python literal, as `ast.literal_eval` of Python 3 reads it; undefined for all other
 * texts, which Ansible keeps as they are. Tuples become lists, keys of maps texts, as in Ansible's JSON.
 * Sets, complex numbers, and numbers that JSON cannot hold exactly are no literals here.
 *
 *     readPythonLiteral('0o17')          // 15
 *     readPythonLiteral("['a', True]")   // ['a', true]
 *     readPythonLiteral('80 # pages')    // 80
 *     readPythonLiteral('010')           // undefined: Python has no such number
 */
export function readPythonLiteral(text: string): Json | undefined {
  // Names, addresses and paths, by far the most values, are told by their first letter.
  if (!/^[ \t]*[\d'"([{+\-.TFNrRbBuU]/.test(text)) return undefined
  try {
    const reader = new LiteralReader(text.replace(/^[ \t]+/, ''))
    return reader.whole()
  } catch (error) {
    if (error instanceof NoLiteral) return undefined
    throw error
  }
}

class NoLiteral extends Error {}

const DEPTH_LIMIT = 50
const WORDS: Readonly<Record<string, Json>> = { True: true, False: false, None: null }
const NUMBER =
  /(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*)?\.\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?|\d(?:_?\d)*(?:\.(?:[eE][+-]?\d(?:_?\d)*)?|[eE][+-]?\d(?:_?\d)*)?)(?![\w.])/y
const WORD = /(?:True|False|None)(?!\w)/y
const STRING_START = /([rR]?[bB]?|[bB][rR]|[uU])('''|"""|'|")/y

class LiteralReader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Json {
    const value = this.#tuple('')
    if (this.#at < this.#text.length) throw new NoLiteral()
    return value
  }

  /** One value, or several with commas, up to the sign that closes them. */
  #tuple(close: string): Json {
    const { values, comma } = this.#list(close)
    const [first] = values
    if (first === undefined && close === '') throw new NoLiteral()
    return values.length === 1 && !comma && first !== undefined ? first : values
  }

  #list(close: string): { readonly values: readonly Json[]; readonly comma: boolean } {
    const values: Json[] = []
    for (;;) {
      this.#space()
      if (this.#ends(close)) return { values, comma: values.length > 0 }
      values.push(this.#value())
      this.#space()
      if (this.#ends(close)) return { values, comma: false }
      if (!this.#take(',')) throw new NoLiteral()
    }
  }

  #ends(close: string): boolean {
    return close === '' ? this.#at >= this.#text.length : this.#take(close)
  }

  #value(): Json {
    this.#depth += 1
    if (this.#depth > DEPTH_LIMIT) throw new NoLiteral()
    const value = this.#one()
    this.#depth -= 1
    return value
  }

  #one(): Json {
    if (this.#take('(')) return this.#tuple(')')
    if (this.#take('[')) return this.#list(']').values
    if (this.#take('{')) return this.#map()
    const word = this.#match(WORD)
    if (word) return WORDS[word[0]] ?? null
    const sign = this.#take('-') ? -1 : this.#take('+') ? 1 : undefined
    if (sign !== undefined) this.#space()
    const number = this.#match(NUMBER)
    // There is no negative zero among whole numbers.
    if (number) return (sign ?? 1) * numberOf(number[0]) + 0
    if (sign !== undefined) throw new NoLiteral()
    return this.#strings()
  }

  #map(): Json {
    const entries = new Map<string, Json>()
    for (;;) {
      this.#space()
      if (this.#take('}')) return Object.fromEntries(entries)
      const key = this.#value()
      this.#space()
      // Without a colon it is a set; lists and maps are no keys.
      if (!this.#take(':') || (typeof key === 'object' && key !== null)) throw new NoLiteral()
      this.#space()
      entries.set(String(key), this.#value())
      this.#space()
      if (this.#take('}')) return Object.fromEntries(entries)
      if (!this.#take(',')) throw new NoLiteral()
    }
  }

  /** Strings beside each other are one. */
  #strings(): string {
    const parts: string[] = []
    for (;;) {
      const start = this.#match(STRING_START)
      if (!start) break
      const [, prefix = '', quote = ''] = start
      parts.push(this.#string(quote, /r/i.test(prefix)))
      this.#space()
    }
    if (parts.length === 0) throw new NoLiteral()
    return parts.join('')
  }

  #string(quote: string, raw: boolean): string {
    let value = ''
    for (;;) {
      if (this.#at >= this.#text.length) throw new NoLiteral()
      if (this.#take(quote)) return value
      const found = raw ? this.#match(/\\[\s\S]/y) : this.#match(ESCAPE)
      if (found) {
        value += raw ? found[0] : escaped(found[0])
        continue
      }
      value += this.#text[this.#at]
      this.#at += 1
    }
  }

  #space(): void {
    this.#match(/[ \t\f]*(?:#.*$)?/y)
  }

  #take(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match) this.#at += match[0].length
    return match
  }
}

function numberOf(text: string): number {
  // Python refuses 012 but reads 00 and 012.5.
  if (/^0[\d_]*[1-9]/.test(text) && /^[\d_]+$/.test(text)) throw new NoLiteral()
  const digits = text.replaceAll('_', '')
  const value = Number(digits)
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) throw new NoLiteral()
  return value
}

const ESCAPE = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{1,3}|[\s\S])/y
const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

function escaped(text: string): string {
  const [, kind = '', code = ''] = /^\\([xuU])([\da-fA-F]+)$/.exec(text) ?? []
  if (kind !== '') return character(Number.parseInt(code, 16))
  if (/^\\[0-7]/.test(text)) return character(Number.parseInt(text.slice(1), 8))
  const letter = text[1] ?? ''
  // Named characters need Unicode's list of names; a cut one is no literal in Python either.
  if ('NxuU'.includes(letter)) throw new NoLiteral()
  return LETTERS[letter] ?? text
}

function character(code: number): string {
  if (code > 0x10ffff) throw new NoLiteral()
  return String.fromCodePoint(code)
}
