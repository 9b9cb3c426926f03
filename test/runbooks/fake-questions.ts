import type { Answer, Fact } from '../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, fakeHost } from '../../src/testing.ts'

/** Has a fake host answer the question of a fact. */
export const when = (
  fact: Fact<unknown>,
  answer: string | Partial<Answer> | ((host: FakeHost) => string | Partial<Answer>),
): FakeProgram => [fact.question.text, answer]

/** What a program answers that finds nothing, as grep does. */
export const NOTHING_FOUND: Partial<Answer> = { exitCode: 1 }

/** A fake host that can what another one can, and more: what is given here answers first. */
export function hostWith(
  base: FakeHost,
  more: {
    readonly files: Readonly<Record<string, string>>
    readonly commands: readonly FakeProgram[]
    /** Called behind what the other one does when it has booted. */
    readonly onBoot?: (host: FakeHost) => void
  },
): FakeHost {
  const host = fakeHost({
    name: base.name,
    files: more.files,
    commands: [...more.commands, ...base.commands],
    onBoot: (it) => {
      base.onBoot(it)
      more.onBoot?.(it)
    },
  })
  for (const [path, file] of base.files) host.files.set(path, file)
  for (const [unit, invocation] of base.units) host.units.set(unit, invocation)
  return host
}
