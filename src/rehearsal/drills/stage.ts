import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Recorded } from '../../model/event.ts'
import type { Json } from '../../model/json.ts'
import type { HostSet } from '../hosts/host-set.ts'
import { inventoryText } from '../hosts/inventory-text.ts'
import type { TestHost } from '../hosts/test-host.ts'
import { inside, RECORD } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import type { Trace } from '../verdict/what-happened.ts'
import { type Cli, type Driven, driveCli, type Ended } from './drive-cli.ts'

/** One act of a rehearsal: some hosts, an inventory of just these, and a command line that remembers only this act. */
export interface Stage {
  readonly name: string
  readonly hosts: readonly TestHost[]
  readonly keys: Pick<HostSet, 'identity' | 'knownHosts'>
  /** Starts `plan` or `run` of the runbook on these hosts. */
  start(verb: 'plan' | 'run', listen?: Parameters<typeof driveCli>[2]): Driven
  /** Starts another verb on a run of this stage. */
  again(words: readonly string[], listen?: Parameters<typeof driveCli>[2]): Driven
  /** All rows of a run of this stage, also those that a killed command line had no time to print. */
  rowsOf(run: string): Promise<readonly Recorded[]>
}

export interface StageRequest {
  readonly name: string
  readonly set: HostSet
  readonly hosts: readonly TestHost[]
  readonly runbook: string
  /** Parameters by name, and over them those as `run -e` takes them. */
  readonly vars: Readonly<Record<string, Json>>
  readonly params: readonly string[]
  readonly cli: Omit<Cli, 'state'>
}

/** Sets the stage; its files lie in the folder of the host set and go with it. */
export async function setStage({ name, set, hosts, runbook, vars, params, cli }: StageRequest): Promise<Stage> {
  const inventory = join(set.folder, `${name}.yaml`)
  const { identity, knownHosts, overrides, vars: ofHosts } = set
  await writeFile(inventory, inventoryText({ hosts, identity, knownHosts, overrides, vars: ofHosts }))
  const own = { ...cli, state: join(set.folder, `${name}-state`) }
  const varsFile = join(set.folder, `${name}-vars.json`)
  await writeFile(varsFile, JSON.stringify(vars))
  const settings = ['--vars', varsFile, ...params.flatMap((param) => ['-e', param])]
  return {
    name,
    hosts,
    keys: { identity, knownHosts },
    start: (verb, listen) => {
      // Nobody watches a rehearsal.
      const consent = verb === 'run' ? ['--yes', '--pause', 'never', '--soak', '0s'] : []
      return driveCli(own, [verb, runbook, '-i', inventory, ...settings, ...consent], listen)
    },
    again: (words, listen) => driveCli(own, [...words, '--yes'], listen),
    rowsOf: async (run) => (await driveCli(own, ['log', run]).ended).events,
  }
}

/** Does the work and makes a phase of it: the texts that it gives are what was wrong; none means passed. */
export async function phase(name: string, shown: string, work: () => Promise<readonly string[]>): Promise<Phase> {
  const start = performance.now()
  const wrong = await work().catch((error: unknown) => [error instanceof Error ? error.message : String(error)])
  const milliseconds = performance.now() - start
  return { name, passed: wrong.length === 0, text: wrong.length === 0 ? shown : wrong.join('\n'), milliseconds }
}

/** What is wrong with the end of a command that should have exited 0. */
export function troubles(ended: Ended, verb: string): readonly string[] {
  const stray = ended.strayLines.map((line) => `${verb} printed a line that is no JSON: ${line.slice(0, 200)}`)
  if (ended.exitCode === 0) return stray
  const bad = (ended.report?.hosts ?? []).filter(({ result }) => result !== 'satisfied' && result !== 'changed')
  // A plan has no report: there the answers of the hosts are all.
  const plans = ended.report ? [] : ended.events.flatMap((event) => (event.type === 'planned' ? [event.plan] : []))
  const unready = plans.filter(({ state }) => state === 'blocked' || state === 'unreachable')
  const reasons = [
    ...bad.map(({ host, result, code = '', text }) => `${host} ${result} ${code}: ${text}`),
    ...unready.map(({ host, state, code = '', text = '' }) => `${host} ${state} ${code}: ${text}`),
  ]
  return [
    ...stray,
    `${verb} exited ${ended.exitCode ?? 'by a signal'}${reasons.length > 0 ? '' : `:\n${ended.talk}`}`,
    ...reasons,
  ]
}

/** Id of the run that these events belong to. */
export const runOf = ({ events }: Pick<Ended, 'events'>): string | undefined =>
  events.find((event) => event.type === 'run')?.run

/** The traces that a host keeps of a run, in no order. */
export async function tracesOf(host: TestHost, run: string): Promise<readonly Trace[]> {
  const text = await inside(
    host,
    `for m in ${RECORD}/runs/${run}/markers/*; do [ -f "$m" ] && cat "$m" && echo; done; true`,
  )
  return text.split('\n\n').flatMap((trace): readonly Trace[] => {
    const word = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(trace)?.[1] ?? ''
    if (word('step') === '') return []
    const exitCode = word('exit') === '' ? null : Number(word('exit'))
    return [{ step: word('step'), act: word('act'), attempt: Number(word('attempt')), exitCode }]
  })
}
