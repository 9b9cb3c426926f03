import { expect, it } from 'vitest'

import { inWords } from '../../src/model/duration.ts'
// The page's own part is plain JavaScript, which a browser is given as it is.
// @ts-expect-error it has no types
import { inWords as onPage } from '../../src/page/client/element.js'

it.each([0, 849.6, 1_000, 59_499, 59_500, 3_599_000, 3_600_000, 100_000_000])(
  '%i ms are said on the page as in the terminal',
  (span) => {
    expect(onPage(span)).toBe(inWords(span))
  },
)
