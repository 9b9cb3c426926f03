/** What one real host answered in one run: by question, in the order in which each was asked. */
export type Transcript = Readonly<Record<string, readonly RecordedAnswer[]>>

/** Bytes as latin1 text; the run's name stands as {@link RUN}. */
export interface RecordedAnswer {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/** Stands for the name of a run in recorded questions and answers. */
export const RUN = '{run}'

/**
 * A question without what differs from run to run: the run's name, random text, chain heads and identities. Fingerprints
 * go with the heads: nothing is lost, for answers come in their order.
 */
export const questionKey = (text: string, run: string | null): string =>
  (run === null ? text : text.replaceAll(run, RUN))
    .replace(/\b[0-9a-f]{64}\b/g, '{sum}')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '{identity}')
    .replace(/\b[0-9a-f]{16}\b/g, '{random}')

/** The name of the run that a question speaks of, or null. */
export const runIn = (text: string): string | null => /\brun=(?:'\\'')?([a-z0-9]{5})\b/.exec(text)?.[1] ?? null
