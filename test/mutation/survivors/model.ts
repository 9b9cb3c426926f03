import type { Reviewed } from '../reviewed.ts'

export const survivors: Reviewed = {
  'src/model/command.ts': [
    {
      why: 'between two parts of a template there is always a value: the rest satisfies the types alone',
      mutants: ["sh: logic: values[index - 1] ?? '' -> values[index - 1]", "sh: literal: '' -> 'mutant'"],
    },
  ],
  'src/model/printable.ts': [
    {
      why: 'a blank is no unsafe sign and never comes here',
      mutants: ['visible: boundary: code < 0x20 -> code <= 0x20'],
    },
  ],
  'src/model/redactor.ts': [
    {
      why: 'the order and the equal ends of spans make no difference to their union',
      mutants: [
        'spansIn: method: push -> unshift',
        'spansIn: boundary: span.end > last.end -> span.end >= last.end',
        'release: method: find -> findLast',
      ],
    },
    {
      why: 'a span that ends at the cut, or beyond it, leaves no text behind it in either case',
      mutants: ['release: boundary: end > cut -> end >= cut', 'release: logic: across?.end ?? 0 -> 0'],
    },
    {
      why: 'a secret that begins at the cut is whole there: its mask is out now or with the next piece, and once',
      mutants: ['release: boundary: start < cut -> start <= cut'],
    },
    {
      why: 'searching at -1 is searching at 0, and what is found there has been found already: it only saves a step',
      mutants: [
        'longestBeginning: condition: last === undefined -> false',
        'longestBeginning: condition: index === 0 -> false',
        'longestBeginning: sign: -1 -> 1 (2)',
      ],
    },
  ],
}
