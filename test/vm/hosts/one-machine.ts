import { afterAll, beforeAll } from 'vitest'
import type { VmHost } from '../../../src/rehearsal/vm/vm-host.ts'
import type { VmModel } from '../../../src/rehearsal/vm/vm-model.ts'
import { cleanUp, type Ended, type Laptop, laptop } from '../../containers/command-line.ts'
import { type Machines, told, upMachines } from './machines.ts'

/** One virtual machine, and an operator who runs runbooks on it. */
export interface Machine {
  readonly set: Machines
  readonly host: VmHost
  readonly operator: Laptop
  /** What shell text prints that root types at the machine itself, without the last line's end, whatever comes of it. */
  says(script: string): Promise<string>
  /** The same, line by line. */
  lines(script: string): Promise<readonly string[]>
  /** Types `runbook run NAME --yes` with parameters such as `swap=off`. */
  run(name: string, ...params: readonly string[]): Promise<Ended>
  plan(name: string, ...params: readonly string[]): Promise<Ended>
  /** Puts back what the newest run of a runbook changed. */
  rollback(name: string): Promise<Ended>
}

/** The machine of a file: up and set up by a script before its tests, down behind them. */
export function useMachine(model: VmModel, setUp: string): Machine {
  let up: Pick<Machine, 'set' | 'host' | 'operator'> | undefined
  const runs = new Map<string, string>()
  const machine = () => {
    if (!up) throw new Error('the machine comes up before the first test, and is not up yet')
    return up
  }
  beforeAll(async () => {
    const set = await upMachines([model])
    const [host] = set.hosts
    if (!host) throw new TypeError('one machine was asked for')
    up = { set, host, operator: await laptop(undefined, { deadline: 600_000 }) }
    await told(host, `set -e\n${setUp}`)
  })
  afterAll(async () => {
    await up?.set.down()
    await cleanUp()
  })

  const says = async (script: string) => (await machine().host.inside(script)).stdout.trimEnd()
  const typed = (verb: string, name: string, params: readonly string[], more: readonly string[]) => {
    const settings = params.flatMap((param) => ['-e', param])
    return machine().operator.type(verb, name, '-i', machine().set.inventory, ...settings, '--json', ...more)
  }
  return {
    get set() {
      return machine().set
    },
    get host() {
      return machine().host
    },
    get operator() {
      return machine().operator
    },
    says,
    lines: async (script) => (await says(script)).split('\n'),
    async run(name, ...params) {
      const ended = await typed('run', name, params, ['--yes'])
      runs.set(name, ended.run)
      return ended
    },
    plan: (name, ...params) => typed('plan', name, params, []),
    rollback: (name) => machine().operator.type('rollback', runs.get(name) ?? name, '--json', '--yes'),
  }
}

/** Exit code of a command, and how the only host came out of it. */
export const outcomeOf = ({ exitCode, report }: Ended) => {
  const [host] = report?.hosts ?? []
  return [exitCode, host?.result, host?.code]
}

/** The note of this code that a run or a plan made about the only host. */
export function noteOf({ rows, report }: Ended, code: string) {
  const planned = rows.flatMap((row) => (row.type === 'planned' ? row.plan.steps.flatMap(({ notes }) => notes) : []))
  return [...(report?.hosts[0]?.notes ?? []), ...planned].find((note) => note.code === code)
}

/** Code and text of the first step that says no in a plan. */
export function refusalIn({ rows }: Ended): readonly [code: string, text: string] | null {
  const steps = rows.flatMap((row) => (row.type === 'planned' ? row.plan.steps : []))
  const blocked = steps.find(({ state }) => state === 'blocked')
  return blocked ? [blocked.code ?? '', blocked.text] : null
}
