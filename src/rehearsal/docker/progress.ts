import { inWords } from '../../model/duration.ts'

/** Says one line to the operator. */
export type Say = (line: string) => void

/** Does the work, and tells of it only when it takes longer than a second: when that is clear, and when it is done. */
export async function told<Result>(say: Say, doing: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now()
  let spoken = false
  const timer = setTimeout(() => {
    spoken = true
    say(`${doing} ...`)
  }, 1_000)
  try {
    const result = await work()
    if (spoken) say(`${doing}: done in ${inWords(performance.now() - start)}`)
    return result
  } finally {
    clearTimeout(timer)
  }
}
