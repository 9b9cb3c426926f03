import { TYPES } from '../reasons.ts'
import type { Reviewed } from '../reviewed.ts'

const DEFAULTS = { why: TYPES.why, mutants: TYPES.mutants.slice(0, 1) }

/** The numbers of requests, by which answers are told apart. */
const ONE_REQUEST = 'each request has a number of its own, and stands in the line once'

export const survivors: Reviewed = {
  'src/transport/shell/bounded-bytes.ts': [
    {
      why: 'memory that is just full is taken anew now or with the next byte: the bytes are the same',
      mutants: ['addToHead: boundary: used + part.length > first.length -> used + part.length >= first.length'],
    },
  ],
  'src/transport/shell/explain-shell.ts': [
    {
      why: 'no other error has such a code: the class satisfies the types',
      mutants: [/^explainShell: logic: error instanceof HostUnreachable && .* -> \[.*\]\.includes\(error\.code\)$/],
    },
    {
      why: 'whether it ended is told only where the word was not heard',
      mutants: ['hear: literal: false -> true'],
    },
  ],
  'src/transport/shell/frame-parser.ts': [
    DEFAULTS,
    {
      why: 'stdout comes together with its exit code: one of them satisfies the types',
      mutants: [/^ended: logic: !stdout \|\| !stderr/],
    },
    { why: 'it only saves a copy of the chunk', mutants: [/^makeMarkerScanner: \w+: carry\.length > 0 -> /] },
    {
      why: 'the line begins with the nonce: its end is never at 0',
      mutants: [/^makeMarkerScanner: boundary: end < 0 -> end <= 0/],
    },
    {
      why: 'up to an end at -1 there is no text, and no text is no marker',
      mutants: ['makeMarkerScanner: condition: end < 0 -> false'],
    },
    {
      why: 'anything serves in place of the exit code that is no number',
      mutants: ["readMarker: literal: '' -> 'mutant'"],
    },
    {
      why: 'what is held back too long comes with the next piece, and every answer ends with a marker behind it',
      mutants: [/^heldBack: condition: .* -> true$/],
    },
    {
      why: 'a whole nonce is found before, and nothing at all is held back in either case',
      mutants: [
        'heldBack: arithmetic: needle.length - 1 -> needle.length + 1',
        'heldBack: boundary: length > 0 -> length >= 0',
      ],
    },
  ],
  'src/transport/shell/framed-shell.ts': [
    { why: ONE_REQUEST, mutants: ['hear: method: find -> findLast', 'hear: method: indexOf -> lastIndexOf'] },
    {
      why: 'what has ended leaves the line at once: nobody asks whether it had started',
      mutants: ["hear: condition: event.kind === 'started' -> true"],
    },
    {
      why: 'where nothing is left to send, nothing is written, or no byte',
      mutants: [
        'send: boundary: at < bytes.length -> at <= bytes.length',
        'ask: condition: outbox.length === 0 -> true',
      ],
    },
  ],
  'src/transport/shell/shells.ts': [
    {
      why: 'a change has one command at least: the rest satisfies the types',
      mutants: [
        /^act: optional chain: /,
        "act: logic: last?.kind ?? 'lost' -> last?.kind",
        "act: literal: 'lost' -> ''",
      ],
    },
    {
      why: 'any other number tells as well that one was given back',
      mutants: ['alone: arithmetic: freed += 1 -> freed -= 1'],
    },
    {
      why: 'no other error has a stage: the class satisfies the types',
      mutants: [/^isFull: logic: .* -> error\.stage === 'channel'$/],
    },
  ],
}
