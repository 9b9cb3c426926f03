import { reboots } from '../../engine/place-steps.ts'
import { UsageError } from '../../model/errors.ts'
import type { RunEvent, RunHost } from '../../model/event.ts'
import type { Host } from '../../model/inventory.ts'
import { canonical } from '../../model/json.ts'
import type { Rollout, Runbook } from '../../model/runbook.ts'
import type { Step } from '../../model/step.ts'
import { suggest } from '../../model/suggest.ts'
import { type LoadedRunbook, loadRunbook } from '../find.ts'
import type { Options } from '../flags.ts'
import { unknownVariables } from '../parameters/unknown-variables.ts'
import { declaredParameters, resolveParameters } from '../parameters.ts'
import { checkedSteps, checkOneSet } from '../project/check-runbook.ts'
import { findProject } from '../project/find-project.ts'
import { reachHosts } from '../reaching/reach-hosts.ts'
import type { Call } from '../verb.ts'
import { whoAmI } from '../wiring.ts'
import { chooseInventory } from './choose-hosts.ts'
import { readVars } from './read-vars.ts'

/** A run that could begin: everything is read and checked, nothing is written and no host was contacted. */
export interface PreparedRun {
  readonly loaded: LoadedRunbook
  readonly event: Omit<RunEvent, 'run' | 'bundle'>
  /** What the inventory says of the hosts of the run. */
  readonly chosen: readonly Host[]
}

/** Reads and checks everything that was typed. Throws UsageError with all faults of the same kind together. */
export async function prepareRun({ operator, options, words }: Call): Promise<PreparedRun> {
  const [nameOrPath = ''] = words
  const project = await findProject(operator.folder)
  const [loaded, inventory] = await Promise.all([loadRunbook(nameOrPath, project), chooseInventory(options, project)])
  const { runbook } = loaded
  const chosen = await reachHosts(inventory, runbook.hosts, options, operator)
  const overrides = checkedOverrides(runbook, options.override ?? [])
  const files = await readVars(options.vars ?? [], operator.folder)
  const { params, warnings } = await resolveParameters(runbook, chosen, { set: options.set ?? [], files })
  for (const warning of [...loaded.notes, ...inventory.notes, ...warnings]) operator.say(`warning: ${warning}`)
  const names = inventory.foreign ? (await declaredParameters(runbook))?.map(({ name }) => name) : undefined
  const unknown = names && unknownVariables(chosen, names)
  if (unknown !== undefined) operator.say(`hint: ${unknown}`)
  const hosts = chosen.map(
    (host): RunHost => ({
      name: host.name,
      connection: host.connection,
      params: params.get(host.name) ?? null,
      overrides: host.overrides,
    }),
  )
  const lists = stepLists(loaded, hosts)
  return {
    loaded,
    chosen,
    event: {
      type: 'run',
      runbook: runbook.name,
      versions: await loaded.versions(),
      inventory: inventory.name,
      hosts,
      rollout: rolloutOf(runbook, lists, options),
      onFailure: runbook.onFailure,
      overrides,
      exact: options.exact ?? false,
      who: whoAmI(),
      reason: options.reason ?? '',
      ...(inventory.requireReason === undefined ? {} : { requireReason: inventory.requireReason }),
    },
  }
}

/** The steps of each distinct set of parameters, checked. */
function stepLists({ runbook, files }: LoadedRunbook, hosts: readonly RunHost[]): readonly (readonly Step[])[] {
  const distinct = new Map(hosts.map(({ params }) => [canonical(params), params]))
  const lists = [...distinct.values()].map((params) => checkedSteps(runbook, params, files))
  checkOneSet(runbook, lists)
  return lists
}

/**
 * Flags over the runbook over the defaults: one host at a time where any reboots, else all. Failure domains that were
 * named say by themselves how many.
 */
function rolloutOf(runbook: Runbook, lists: readonly (readonly Step[])[], options: Options): Rollout {
  const { pause = runbook.rollout.pause, soak = runbook.rollout.soak } = options
  return {
    batches:
      options.batch ??
      runbook.rollout.batches ??
      (lists.some(reboots) && options.spread === undefined ? [1] : ['100%']),
    maxFailed: options.maxFail ?? runbook.rollout.maxFailed ?? 0,
    ...(pause === undefined ? {} : { pause }),
    ...(soak === undefined ? {} : { soak }),
  }
}

/** Codes that may be passed. Throws UsageError for absolute ones, and for those that the runbook does not know. */
function checkedOverrides({ name, guards }: Runbook, codes: readonly string[]): readonly string[] {
  const known = Object.keys(guards)
  const faults = codes.flatMap((code): string[] => {
    if (guards[code]?.absolute) return [`--override ${code}: this guard cannot be overridden. ${guards[code].meaning}`]
    if (guards[code] || known.length === 0) return []
    const meant = suggest(code, known)
    return [`--override ${code}: ${name} has no such guard.${meant ? ` Did you mean "${meant}"?` : ''}`]
  })
  if (faults.length > 0) throw new UsageError(faults, { remedy: `runbook show ${name}` })
  return codes
}
