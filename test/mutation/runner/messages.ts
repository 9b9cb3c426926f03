/** One test of one file of the copy. Names are those of its suites and its own, and unique within the file. */
export interface TestName {
  readonly file: string
  readonly name: string
}

/** What the runner is told to do. */
export type Order =
  | { readonly kind: 'measure'; readonly file: string }
  | {
      readonly kind: 'try'
      readonly mutant: number
      /** Hits beyond which it is in an endless loop. */
      readonly mostHits: number
      /** Milliseconds for each test. */
      readonly tests: readonly (TestName & { readonly limit: number })[]
    }

/** What a test took, and how often it met each mutant. */
export interface Measured extends TestName {
  readonly took: number
  readonly reached: readonly (readonly [mutant: number, times: number])[]
}

/** What came of a trial. `spoiled`: what ran here since may be wrong, and so may this answer. */
export type Fate =
  | { readonly kind: 'survived'; readonly spoiled: false }
  | { readonly kind: 'killed'; readonly by: string; readonly because: string; readonly spoiled: boolean }
  | { readonly kind: 'timeout'; readonly by: string; readonly spoiled: true }

export type Report =
  /** `imported`: the mutants that were met while the file was read. */
  | { readonly kind: 'measured'; readonly tests: readonly Measured[]; readonly imported: readonly number[] }
  | { readonly kind: 'broken'; readonly because: string }
  | { readonly kind: 'begun'; readonly test: string; readonly limit: number }
  | { readonly kind: 'fate'; readonly fate: Fate }
