import { afterAll, beforeAll, describe } from 'vitest'
import { changeConformance } from './change-conformance.ts'
import { fileConformance } from './file-conformance.ts'
import { guardConformance } from './guard-conformance.ts'
import { questionConformance } from './question-conformance.ts'
import { readingConformance } from './reading-conformance.ts'
import type { RealSite } from './real-line.ts'

/** Everything that a transport to real hosts promises, on a host that `make` gives. */
export function transportConformance(
  name: string,
  make: () => Promise<RealSite>,
  more: (given: () => RealSite) => void = () => {},
): void {
  describe(`a line to ${name}`, () => {
    let site: RealSite | undefined
    const given = () => site ?? raise()
    beforeAll(async () => {
      site = await make()
    })
    afterAll(() => site?.down())

    questionConformance(given)
    guardConformance(given)
    changeConformance(given)
    fileConformance(given)
    readingConformance(given)
    more(given)
  })
}

function raise(): never {
  throw new Error('the host is not up yet')
}
