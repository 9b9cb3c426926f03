import { TYPES } from '../reasons.ts'
import type { Reviewed } from '../reviewed.ts'

export const survivors: Reviewed = {
  'src/journal/event-body.ts': [
    {
      why: 'no text equals undefined: the rest satisfies the types',
      mutants: ["hostNames: logic: 'host' in event && event.host !== undefined -> 'host' in event"],
    },
  ],
  'src/journal/memory-journal.ts': [
    {
      why: 'a chain in memory loses no row, and only a chain that did is named by its place',
      mutants: ["verify: logic: chain[0]?.host ?? '' -> ''", "verify: literal: '' -> 'mutant'"],
    },
    TYPES,
  ],
  'src/journal/row.ts': [
    {
      why: 'a field that is absent is undefined as well: the rest satisfies the types',
      mutants: ["draft: condition: 'host' in event -> true"],
    },
  ],
  'src/journal/seal-bundle.ts': [
    {
      why: 'no two files of a bundle have one path',
      mutants: ['sealBundle: boundary: a.path < b.path -> a.path <= b.path'],
    },
  ],
  'src/journal/verify-chain.ts': [
    {
      why: 'the row has the type of its event, and only a release has a head: the rest satisfies the types',
      mutants: [/^claimsUnknownHead: logic: .* -> !heads\.has\(event\.head\)$/],
    },
  ],
}
