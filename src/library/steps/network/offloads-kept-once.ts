import { type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { unitState } from '../../facts/units.ts'
import { changeableOf } from '../../formats/network/offload-files.ts'
import { isOwned } from '../owned-file.ts'
import { bootWays } from './boot-ways.ts'
import { ownPlaces, type Persistence, persistedTarget } from './offload-persistence.ts'
import type { OffloadWish } from './offload-targets.ts'

/** Files of ours that another way had written, and their units. */
export type LeftFound = readonly {
  readonly path: string
  readonly before: string
  readonly unit: string | null
  readonly enabled: boolean
}[]

export interface KeptOnceParts {
  readonly runbook: string
  readonly persist: Persistence | 'none'
}

/**
 * Takes away the files of ours in which an earlier run, with another `persist`, kept the features of an interface: the
 * next boot would bring that run's wish back. What it added to files and profiles of the operator's is not known here.
 */
export const offloadsKeptOnce = (wish: OffloadWish, parts: KeptOnceParts): ChangeStep<LeftFound> =>
  step<LeftFound>({
    id: 'offloads-kept-once',
    async check(host): Promise<Check<LeftFound>> {
      const left = await leftOn(host, wish, parts)
      if (left.length === 0) return satisfied('no other file of ours keeps them')
      return needed(`remove ${left.map(({ path }) => path).join(', ')}, with which an earlier run kept them`, left)
    },
    async apply(host, left) {
      const units = enabledOf(left)
      if (units.length > 0) await host.run(sh`systemctl disable ${units}`)
      for (const { path, before } of left) await host.remove(path, { replacing: before })
    },
    async rollback(host, left) {
      for (const { path, before } of left) await host.restore(path, before)
      const units = enabledOf(left)
      if (units.length > 0) await host.run(sh`systemctl daemon-reload && systemctl enable ${units}`)
    },
  })

const enabledOf = (left: LeftFound): readonly string[] =>
  left.flatMap(({ unit, enabled }) => (unit !== null && enabled ? [unit] : []))

async function leftOn(host: Probe, wish: OffloadWish, { runbook, persist }: KeptOnceParts): Promise<LeftFound> {
  const { targets, ways } = await bootWays(host, wish, persist === 'none' ? 'systemd-unit' : persist)
  const places = targets.flatMap((target) => {
    if (Object.keys(changeableOf(target.features, wish.features)).length === 0) return []
    const kept = persist === 'none' ? null : persistedTarget(target, ways, persist)
    return ownPlaces(target.nic).filter(({ path }) => !(kept?.kind === 'own-file' && kept.path === path))
  })
  const found = await Promise.all(
    places.map(async ({ path, unit }) => {
      const [file, state] = await Promise.all([host.read(path), unit === null ? null : host.ask(unitState(unit))])
      const ours = file.state === 'present' && isOwned(file.text, runbook)
      return ours ? [{ path, before: file.fingerprint, unit, enabled: state?.enabled === 'enabled' }] : []
    }),
  )
  return found.flat()
}
