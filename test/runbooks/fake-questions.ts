import type { Answer, Fact } from '../../src/model/fact.ts'
import type { FakeHost, FakeProgram } from '../../src/testing.ts'

/** Has a fake host answer the question of a fact. */
export const when = (
  fact: Fact<unknown>,
  answer: string | Partial<Answer> | ((host: FakeHost) => string | Partial<Answer>),
): FakeProgram => [fact.question.text, answer]

/** What a program answers that finds nothing, as grep does. */
export const NOTHING_FOUND: Partial<Answer> = { exitCode: 1 }
