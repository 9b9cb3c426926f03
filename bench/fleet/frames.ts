import { frame } from '../../src/transport/shell/frame-parser.ts'

/** One question to a framed shell: its text as a shell word, and what tells its answer. */
export interface Question {
  readonly nonce: string
  readonly id: number
  readonly text: string
}

const HOLE = '\0'
const [opening = ''] = frame('NONCE', 7, HOLE).split(HOLE)
const OPENING = new RegExp(
  opening
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace('NONCE', '([0-9a-f]{32})')
    .replace('7', '(\\d+)'),
)

/** Reads questions out of what a controller writes into a framed shell; what stands between them is passed over. */
export function readQuestions(hear: (question: Question) => void): (chunk: Buffer) => void {
  let rest = ''
  return (chunk) => {
    rest += chunk.toString('latin1')
    for (;;) {
      const [head, nonce = '', digits] = OPENING.exec(rest) ?? []
      if (head === undefined) return
      const id = Number(digits)
      const [, closing = ''] = frame(nonce, id, HOLE).split(HOLE)
      const from = rest.indexOf(head) + head.length
      const end = rest.indexOf(closing, from)
      if (end < 0) return
      const text = rest.slice(from, end)
      rest = rest.slice(end + closing.length)
      hear({ nonce, id, text })
    }
  }
}
