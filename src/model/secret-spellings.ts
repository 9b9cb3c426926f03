/**
 * How a value may stand in output: as it is, base64 wherever it begins in a longer text, and as it is quoted for URLs,
 * shells, JSON and XML. A value of several lines is also known by each of its long lines.
 *
 * Not known: base64 that is broken into lines within the value, other encodings, and what is compressed or hashed.
 */
export function secretSpellings(value: string): ReadonlySet<string> {
  const wellFormed = value.toWellFormed()
  const all = [wellFormed, wellFormed.trim(), ...longLines(wellFormed)].flatMap((text) => [
    text,
    ...base64Spellings(text),
    ...urlSpellings(text),
    ...shellSpellings(text),
    ...jsonSpellings(text),
    ...xmlSpellings(text),
  ])
  return new Set(all.filter((spelling) => spelling.length >= SHORTEST))
}

/** Below this length a text occurs everywhere by chance. */
export const SHORTEST = 4

/** The lines that frame a PEM key are no secret. */
function longLines(value: string): string[] {
  return value.split(/\r?\n/).filter((line) => line.length >= 8 && !line.startsWith('-----'))
}

/** The characters that depend on the value alone, for each of the three places in a group of three bytes. */
function base64Spellings(value: string): string[] {
  const bytes = new TextEncoder().encode(value)
  const standard = [0, 1, 2].map((offset) => {
    const shifted = String.fromCharCode(...Array<number>(offset).fill(0)) + binary(bytes)
    return btoa(shifted).slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
  })
  return [...standard, ...standard.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))]
}

function binary(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

function urlSpellings(value: string): string[] {
  const component = encodeURIComponent(value)
  const strict = component.replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
  const forms = [component, strict, encodeURI(value)].flatMap((text) => [text, text.replaceAll('%20', '+')])
  return forms.flatMap((text) => [text, text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())])
}

function shellSpellings(value: string): string[] {
  const single = value.replaceAll("'", `'\\''`)
  const escaped = value.replaceAll(/[\\']/g, '\\$&')
  return [
    single,
    value.replaceAll("'", `'"'"'`),
    value.replaceAll(/["$`\\]/g, '\\$&'),
    value.replaceAll(/["$`\\!]/g, '\\$&'),
    value.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
    escaped.replaceAll('\n', '\\n').replaceAll('\t', '\\t'),
    // Where the locale has no such letters, bash writes $'caf\303\251', and coreutils 'caf'$'\303\251'.
    escaped.replaceAll(/[^ -~]+/g, inOctal),
    single.replaceAll(/[^ -~]+/g, (signs) => `'$'${inOctal(signs)}''`),
  ]
}

/** Letters beyond ASCII as their bytes, and the control characters that have names by these. */
const inOctal = (signs: string): string =>
  Array.from(new TextEncoder().encode(signs), (byte) => NAMED[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`).join(
    '',
  )

const NAMED: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 27: '\\E' }

function jsonSpellings(value: string): string[] {
  const once = inner(value)
  const ascii = once.replaceAll(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [once, ascii, once.replaceAll('/', '\\/'), ascii.replaceAll('/', '\\/'), inner(once)]
}

const inner = (value: string): string => JSON.stringify(value).slice(1, -1)

function xmlSpellings(value: string): string[] {
  const text = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quotes = ['"', '&quot;', '&#34;'].map((quote) => text.replaceAll('"', quote))
  return quotes.flatMap((quoted) => ["'", '&apos;', '&#39;', '&#x27;'].map((mark) => quoted.replaceAll("'", mark)))
}
