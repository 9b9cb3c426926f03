import { expect } from 'vitest'
import type { Runbook } from '../../src/model/runbook.ts'
import { planOn } from '../../src/testing.ts'
import type { FakeMachine } from './four-promises.ts'

/**
 * What a plan refuses: code and text. The code is one that `explain` knows, nothing was touched, and `--override` passes it
 * exactly where `explain` says so.
 */
export async function refusalOf<Params>(
  runbook: Runbook<Params>,
  params: object,
  machine: () => FakeMachine,
): Promise<readonly [code: string | undefined, text: string | undefined]> {
  const { host } = machine()
  const [plan] = await planOn(runbook, params, [host])
  const code = plan?.code ?? ''
  const [overridden] = await planOn(runbook, params, [machine().host], { overrides: [code] })
  const guard = runbook.guards[code]

  expect([plan?.state, guard, host.counters.changes]).toEqual(['blocked', expect.anything(), []])
  expect([code, overridden?.code === code]).toEqual([code, guard?.absolute === true])
  return [plan?.code, plan?.text]
}
