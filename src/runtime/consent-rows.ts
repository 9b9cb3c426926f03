import type { ControlEvent } from '../model/event.ts'
import type { Json } from '../model/json.ts'
import type { HostPlan } from '../model/plan.ts'

export interface Consented {
  readonly run: string
  readonly ready: readonly HostPlan[]
  /** Hosts that are left out. */
  readonly unready: readonly HostPlan[]
  readonly who: string
  readonly reason: string
}

/** Guards that are passed and hosts that are left out stand in the journal with who and why. */
export function consentRows({ run, ready, unready, who, reason }: Consented): readonly ControlEvent[] {
  const control = (action: 'override' | 'consent', data: Json) =>
    ({ type: 'control', run, action, data, who, reason }) as const
  const past = Map.groupBy(
    ready.flatMap(({ host, steps }) => steps.flatMap(({ overridden }) => (overridden ? [{ host, overridden }] : []))),
    ({ overridden }) => overridden,
  )
  return [
    ...[...past].map(([code, list]) => control('override', { code, hosts: list.map(({ host }) => host) })),
    ...(unready.length > 0 ? [control('consent', { without: unready.map(({ host }) => host) })] : []),
  ]
}
