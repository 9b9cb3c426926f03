/**
 * Text of a host as a terminal may show it: escape sequences and other control characters become visible and inert.
 * Line feeds and tabs stay, a carriage return before a line feed goes.
 *
 *     printable('\u001b[2Jok')   // '^[[2Jok'
 */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNSAFE, visible)
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim()
}

/**
 * The same for a whole line as it leaves, JSON too, which keeps its value: colours of our own stay. What is escaped here
 * would be seen raw only by a terminal, where U+009B begins a sequence as ESC [ does.
 */
export const inertLine = (line: string): string => line.replace(BEYOND_ASCII, escaped)

// C0 but tab and line feed, DEL, C1, and what reorders the text around it.
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

// The same from DEL on.
const BEYOND_ASCII = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

function visible(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`
  if (code === 0x7f) return '^?'
  return escaped(character)
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
