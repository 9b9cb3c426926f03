import type { Runbook } from '../../model/runbook.ts'
import { declaredParameters } from '../parameters.ts'
import type { Candidate } from './candidates.ts'

/** `name=` for each parameter of a runbook; behind `name=`, the values that it may have where they are few. */
export async function parameterWords(runbook: Runbook, begun: string): Promise<readonly Candidate[]> {
  const declared = (await declaredParameters(runbook)) ?? []
  const [, name] = /^([^=]+)=/.exec(begun) ?? []
  if (name === undefined) return declared.map(({ name, description }) => ({ value: `${name}=`, means: description }))
  const type = declared.find((one) => one.name === name)?.type
  const values = type?.type === 'boolean' ? [true, false] : (type?.enum ?? [])
  return values.map((value) => ({ value: `${name}=${value}` }))
}
