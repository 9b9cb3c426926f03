import type { Step } from '../../model/step.ts'
import type { LoadedRunbook } from '../find.ts'
import { declaredParameters } from '../parameters.ts'
import { checkedSteps } from '../project/check-runbook.ts'
import { type RunbookPage, runbookPage } from './runbook-page.ts'

/** The page of a loaded runbook. */
export async function readPage(loaded: LoadedRunbook): Promise<RunbookPage> {
  return runbookPage(loaded.runbook, (await declaredParameters(loaded.runbook)) ?? [], await defaultSteps(loaded))
}

/** The steps for default parameters, or null where some parameter has no default. */
export async function defaultSteps({ runbook, files }: LoadedRunbook): Promise<readonly Step[] | null> {
  const result = await runbook.params['~standard'].validate({})
  return result.issues ? null : checkedSteps(runbook, result.value, files)
}
