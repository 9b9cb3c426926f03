/**
 * What ten steps of tuning cost on real sshd hosts, beside Ansible and beside floors that open the same connections:
 * `node bench/task.ts [--hosts 1,10,100] [--rounds 7] [--peers]`, as root, with nothing else running.
 * Seconds. First run: on hosts that have none of it; second run: on hosts that have it all.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type ManySshds, startManySshds } from './hosts/many-sshds.ts'
import { type CpuGroup, makeCpuGroup } from './measure/cpu-group.ts'
import { median, printJson, printTable } from './measure/figures.ts'
import { type Contestant, measuredOften, measuredOnce } from './task/contestants.ts'
import { CHANGES, FILES, LINES, TOUCHED, UNIT } from './task/ten-steps.ts'

/** Seconds of one run: as the clock says, and CPU of the controller and of all hosts together. */
interface Cost {
  readonly wall: number
  readonly controller: number
  readonly targets: number
}

interface Rounds {
  readonly first: Cost[]
  readonly second: Cost[]
}

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1,10,100' },
    rounds: { type: 'string', default: '7' },
    peers: { type: 'boolean', default: false },
  },
})

const figures = []
for (const count of values.hosts.split(',').map(Number)) figures.push({ hosts: count, ...(await measure(count)) })
printJson(figures)

async function measure(count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
  const targets = makeCpuGroup('targets')
  const sites = await startManySshds(count, targets)
  try {
    const often = measuredOften(sites, folder)
    const once = values.peers ? measuredOnce(sites, folder) : []
    const all = new Map<string, Rounds>([...often, ...once].map(({ name }) => [name, { first: [], second: [] }]))
    // Once before it counts: compiled files and the journal are there from then on, as they are for an operator.
    for (const contestant of often) await bothRuns(contestant, sites, targets)
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const contestant of often) gather(all, contestant, await bothRuns(contestant, sites, targets))
    }
    for (const contestant of once) gather(all, contestant, await bothRuns(contestant, sites, targets))
    const medians = Object.fromEntries([...all].map(([name, rounds]) => [name, middle(rounds)]))
    print(count, medians)
    return { medians, rounds: Object.fromEntries(all) }
  } finally {
    await sites.down()
    await targets.close()
    rmSync(folder, { recursive: true })
  }
}

/** A group of its own for each, so that a master of ssh that stays for the second run is counted and ended with it. */
async function bothRuns(contestant: Contestant, sites: ManySshds, targets: CpuGroup): Promise<[Cost, Cost]> {
  sites.reset(TOUCHED)
  const group = makeCpuGroup('controller')
  try {
    const first = await oneRun(contestant, group, targets)
    const second = await oneRun(contestant, group, targets)
    assertDone(sites)
    return [first, second]
  } finally {
    await group.close()
    await sites.settled()
  }
}

async function oneRun({ words, ...options }: Contestant, group: CpuGroup, targets: CpuGroup): Promise<Cost> {
  const [begin, controller, before] = [performance.now(), group.seconds(), targets.seconds()]
  await group.run(words, options)
  const wall = (performance.now() - begin) / 1_000
  // What a host still does behind the last answer belongs to this run.
  await new Promise((resolve) => setTimeout(resolve, 200))
  return { wall, controller: group.seconds() - controller, targets: targets.seconds() - before }
}

function assertDone({ hosts }: ManySshds): void {
  for (const { name, etc } of hosts) {
    const read = (path: string) => readFileSync(join(etc, path.slice('/etc/'.length)), 'utf8')
    for (const { path, text } of [...FILES, UNIT]) if (read(path) !== text) throw new Error(`${name}: ${path}`)
    for (const { path, line } of LINES) {
      if (!read(path).split('\n').includes(line)) throw new Error(`${name}: ${path} lacks its line`)
    }
  }
}

function gather(all: ReadonlyMap<string, Rounds>, { name }: Contestant, [first, second]: [Cost, Cost]): void {
  all.get(name)?.first.push(first)
  all.get(name)?.second.push(second)
}

function middle({ first, second }: Rounds): { first: Cost; second: Cost } {
  const of = (costs: readonly Cost[]): Cost => ({
    wall: median(costs.map(({ wall }) => wall)),
    controller: median(costs.map(({ controller }) => controller)),
    targets: median(costs.map(({ targets }) => targets)),
  })
  return { first: of(first), second: of(second) }
}

type Medians = Readonly<Record<string, { readonly first: Cost; readonly second: Cost }>>

function print(count: number, medians: Medians): void {
  const heads = [`${count} hosts`, 'first: wall', 'own CPU', 'targets CPU', 'second: wall', 'own CPU', 'targets CPU']
  printTable(
    heads,
    Object.entries(medians).map(([name, { first, second }]) => [
      name,
      ...[first, second].flatMap(({ wall, controller, targets }) => [wall, controller, targets]),
    ]),
  )
  const changes = count * CHANGES
  const perChange = (name: string) => ((medians[name]!.first.targets - medians.bare!.first.targets) / changes) * 1_000
  printTable(
    ["duties' target CPU per change, ms", ''],
    ['runbook', 'same duties'].map((name) => [name, perChange(name)]),
  )
}
