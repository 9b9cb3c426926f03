import type { Journal } from '../../engine/ports.ts'
import { UsageError } from '../../model/errors.ts'
import type { Recorded, RunEvent } from '../../model/event.ts'
import { suggest } from '../../model/suggest.ts'

/** Letters and digits that nobody confuses when reading them aloud. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 5

/** A name for a new run, short enough to type, that this journal does not have yet. */
export async function newRunName(journal: Journal, random: () => string): Promise<string> {
  const taken = new Set((await journal.runs()).map(({ run }) => run))
  for (;;) {
    const digits = BigInt(`0x${random()}`)
    const name = Array.from({ length: LENGTH }, (_, place) => letter(digits >> BigInt(place * 8))).join('')
    if (!taken.has(name)) return name
  }
}

const letter = (number: bigint): string => ALPHABET[Number(number % BigInt(ALPHABET.length))] ?? 'a'

/** The first row of a run. Throws UsageError that suggests the one that was meant. */
export async function findRun(journal: Journal | null, name: string): Promise<Recorded<RunEvent>> {
  const rows = (await journal?.runRows(name)) ?? []
  const event = rows.find((row): row is Recorded<RunEvent> => row.type === 'run')
  if (event) return event
  const names = ((await journal?.runs()) ?? []).map(({ run }) => run)
  const meant = suggest(name, names)
  throw new UsageError(
    `there is no run ${JSON.stringify(name)} in this project.${meant ? ` Did you mean "${meant}"?` : ''}`,
    {
      remedy: 'runbook runs',
    },
  )
}
