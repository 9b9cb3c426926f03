import type { Recorded } from '../../../src/model/event.ts'
import { unlike } from '../../../src/rehearsal/verdict/snapshot.ts'
import { kindsOf, repeatedSteps, restartsOf } from '../../../src/rehearsal/verdict/what-happened.ts'
import type { Lived } from './live.ts'
import type { Played } from './play-scene.ts'

/** What must not be, as sentences. */
export interface Judgement {
  readonly badEnds: readonly string[]
  readonly otherStates: readonly string[]
  readonly lostEffects: readonly string[]
  readonly runAgain: readonly string[]
  readonly wrongRestarts: readonly string[]
}

/** Measures what was played by the same scene when nothing befell it. */
export function judge(played: Played, calm: Played): Judgement {
  const { scene, host, run, forth, back, rows, traces, counts } = played
  const say = (text: string) => `${host}, run ${run} of "${scene.name}": ${text}`
  const cut = traces.filter(({ exitCode }) => exitCode !== 0).length + reverts(rows) + undosAgain(played)
  const [wanted, found] = [restartsWanted(played), counts.get('boots') ?? 0]
  const differing = [...unlike(calm.changed, played.changed), ...unlike(calm.left, played.left)]
  const extra = [...counts].filter(([kind, count]) => kind !== 'boots' && count > (calm.counts.get(kind) ?? 0) + cut)
  const fewer = [...calm.counts].filter(([kind, count]) => (counts.get(kind) ?? 0) < count)
  return {
    badEnds: [...badEnd('run', forth), ...badEnd('rollback', back)].map(say),
    otherStates: differing.filter((one) => one.startsWith('only')).map(say),
    lostEffects: [
      ...differing.filter((one) => one.startsWith('missing')),
      ...untold(
        [...forth.lives, ...back.lives, ...forth.losers, ...back.losers].flatMap((life) => life.rows),
        rows,
      ),
      ...fewer.map(([kind, count]) => `the host counted ${counts.get(kind) ?? 0} of ${kind}, not ${count}`),
    ].map(say),
    runAgain: [
      ...repeatedSteps(rows, traces, calm.traces).faults,
      ...extra.map(
        ([kind, count]) =>
          `the host counted ${count} of ${kind}, of which ${cut} at most were cut midway or are of an undo that was done again`,
      ),
    ].map(say),
    wrongRestarts: wanted === found ? [] : [say(`the host counted ${found} restarts, not ${wanted}`)],
  }
}

export const restartsWanted = ({ rows, host }: Pick<Played, 'rows' | 'host'>): number =>
  restartsOf(rows, host, kindsOf(rows))

/**
 * Changes of undos that were done again although they had ended: no check asks what is undone, so one whose outcome
 * nobody wrote down is done once more.
 */
export function undosAgain({ traces }: Pick<Played, 'traces'>): number {
  const undos = Map.groupBy(
    traces.filter(({ act }) => act === 'undo'),
    ({ step }) => step,
  )
  return [...undos.values()].reduce((sum, all) => {
    const first = Math.min(...all.map(({ attempt }) => attempt))
    return sum + all.filter(({ attempt }) => attempt > first).length
  }, 0)
}

/** A switch that fired: the host took a change back, and the run made it once more. */
const reverts = (rows: readonly Recorded[]): number =>
  rows.filter((row) => row.type === 'outcome' && JSON.stringify(row.result).includes('E_REVERTED')).length

function badEnd(verb: string, { lives }: Lived): readonly string[] {
  const last = lives.at(-1)
  const result = last?.report?.hosts[0]?.result
  const good = last?.exitCode === 0 && (result === 'changed' || result === 'rolled-back')
  return good ? [] : [`the ${verb} ended ${result ?? 'without a report'}, exit ${last?.exitCode}: ${last?.stderr}`]
}

/** Rows that somebody heard and that the journal does not hold. */
function untold(heard: readonly Recorded[], kept: readonly Recorded[]): readonly string[] {
  const known = new Set(kept.map(({ seq, type }) => `${seq} ${type}`))
  return heard.filter(({ seq, type }) => !known.has(`${seq} ${type}`)).map(({ seq, type }) => `row ${seq}, ${type}`)
}
