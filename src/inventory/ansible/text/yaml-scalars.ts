type Value = string | number | boolean | null

/**
 * The value of a plain scalar by YAML 1.1, as PyYAML reads it: `yes` and `off` are true and false, 0123 is octal,
 * 12:30 is 750, and 1e3 is a text. Undefined for a number that cannot be kept exactly. Dates stay texts.
 */
export function plainScalar(text: string): Value | undefined {
  if (text === '' || /^(?:~|null|Null|NULL)$/.test(text)) return null
  const first = text.charCodeAt(0)
  // A sign, a dot or a digit begins every number; the words of logic are few.
  if (first > 0x39) return WORDS.get(text) ?? text
  // There is no negative zero among whole numbers.
  if (INTEGER.test(text)) return exact(integer(text.replaceAll('_', '')) + 0)
  if (FLOAT.test(text)) return exact(float(text.replaceAll('_', '').toLowerCase()))
  return text
}

const WORDS = new Map<string, boolean>([
  ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
])

const INTEGER =
  /^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][\d_]*)|[-+]?0x[\da-fA-F_]+|[-+]?[1-9][\d_]*(?::[0-5]?\d)+)$/
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

function integer(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '')
  if (digits.includes(':')) return sign * bySixty(digits)
  if (/^0b/.test(digits)) return sign * Number.parseInt(digits.slice(2), 2)
  if (/^0x/.test(digits)) return sign * Number.parseInt(digits.slice(2), 16)
  return sign * Number.parseInt(digits, /^0\d/.test(digits) ? 8 : 10)
}

function float(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '')
  if (/^\.(?:inf|nan)$/.test(digits)) return Number.NaN
  return sign * (digits.includes(':') ? bySixty(digits) : Number(digits))
}

const bySixty = (text: string): number => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)

function exact(value: number): number | undefined {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : undefined
}
