import type { On, Rehearsal } from '../../rehearsal/read-rehearsal.ts'
import type { RehearsalRequest } from '../../rehearsal/rehearse.ts'
import type { Phase, Verdict } from '../../rehearsal/verdict/verdict.ts'
import { runbookNames } from '../find.ts'
import type { Ears, Operator } from '../operator.ts'
import { findProject, type Project } from '../project/find-project.ts'
import { findRehearsals } from './find-rehearsals.ts'
import { createBoard } from './rehearsal-board.ts'
import { blockText, isFailed, nameOf, tableText, totalsOf } from './verdict-text.ts'

/** They mostly wait for hosts and watches; more of them at a time make each other late on two processors. */
const SIDE_BY_SIDE = 2

export interface AllRehearsals {
  readonly operator: Operator
  readonly json: boolean
  readonly request: Omit<RehearsalRequest, 'runbook' | 'rehearsal' | 'hear'> & { readonly on: On }
  readonly ears: Ears
}

interface Named {
  readonly runbook: string
  readonly rehearsal: Rehearsal
}

/** Rehearses every runbook of the project with all its variants. Gives exit code 3 if any failed. */
export async function rehearseAll({ operator, json, request, ears }: AllRehearsals): Promise<number> {
  const start = operator.now()
  const named = await allOf(await findProject(operator.folder), request.on)
  const board = createBoard(operator, named.length)
  const [{ rehearse }, { failedVerdict }, { dockerEngine }] = await Promise.all([
    import('../../rehearsal/rehearse.ts'),
    import('../../rehearsal/verdict/verdict.ts'),
    import('../../rehearsal/docker-engine.ts'),
  ])
  // Held over all of them: the last who leaves stops a daemon of ours.
  const engine = request.on === 'containers' ? await dockerEngine(request) : undefined
  const verdicts = new Map<Named, Verdict>()
  const waiting = [...named]
  const work = async () => {
    for (let one = waiting.shift(); one && !request.signal.aborted; one = waiting.shift()) {
      const began = operator.now()
      const name = nameOf({ runbook: one.runbook, variant: one.rehearsal.variant })
      const hear = (phase: Phase) => board.hear(name, phase)
      board.begin(name)
      const verdict = await rehearse({ ...request, ...one, say: board.say, hear }).catch((error: unknown) =>
        failedVerdict({ ...one.rehearsal, runbook: one.runbook, error, milliseconds: operator.now() - began }),
      )
      verdicts.set(one, verdict)
      board.end(name, verdict)
      if (json) operator.put(JSON.stringify({ type: 'verdict', ...verdict }))
    }
  }
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  } finally {
    await board.close()
    await engine?.leave()
  }
  // In the order of the names, whoever ended first.
  const all = named.flatMap((one) => verdicts.get(one) ?? [])
  const totals = { ...totalsOf(all), seed: request.seed, milliseconds: operator.now() - start }
  if (json) operator.put(JSON.stringify({ type: 'rehearsals', ...totals }))
  else putAll(operator, all, totals)
  return ears.exitCode() ?? (totals.failed > 0 ? 3 : 0)
}

async function allOf(project: Project, on: On): Promise<readonly Named[]> {
  const names = (await runbookNames(project)).toSorted()
  const found = await Promise.all(
    names.map(async (runbook) =>
      (await findRehearsals(runbook, project, on)).map((rehearsal): Named => ({ runbook, rehearsal })),
    ),
  )
  return found.flat()
}

function putAll(
  operator: Operator,
  verdicts: readonly Verdict[],
  totals: { seed: number; milliseconds: number },
): void {
  const look = operator.dataLook()
  // What failed stands last, next to the table: in a log that was cut it is what is left.
  const [failed, passed] = [verdicts.filter(isFailed), verdicts.filter((verdict) => !isFailed(verdict))]
  for (const line of [...passed, ...failed].flatMap((verdict) => blockText(verdict, look))) operator.put(line)
  for (const line of tableText(verdicts, totals, look)) operator.put(line)
}
