import { quote } from '../../model/command.ts'

/** Of one piece as it stands in the shell text. */
const LARGEST_PIECE = 32_768

/**
 * Requests that put bytes into a file on the host, to be sent in this order.
 * Each piece is a quoted word of the shell's own printf: nothing ever follows a command in the shell's stdin,
 * and nothing shows in a process list. Plain text travels as it is, anything else in base64.
 */
export function stagingTexts(path: string, content: Uint8Array): string[] {
  const file = quote(path)
  if (content.length === 0) return [`: >${file}`]
  const bytes = Buffer.from(content)
  const plain = bytes.every((byte) => byte === 0x09 || byte === 0x0a || (byte >= 0x20 && byte < 0x7f))
  const size = plain ? LARGEST_PIECE : (LARGEST_PIECE / 4) * 3
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  return pieces.map((piece, index) => {
    const into = `${index === 0 ? '>' : '>>'}${file}`
    if (plain) return `printf %s ${quote(piece.toString('latin1'))} ${into}`
    return `printf %s ${piece.toString('base64')} | base64 -d ${into}`
  })
}
