/**
 * What large fleets cost the controller: `node bench/fleet.ts [--hosts 1000,10000] [--runs first,second] [--width 200]
 * [--slow-disk 10] [--profile FOLDER]`. The hosts are simulated: see bench/fleet/simulated-hosts.ts. The ten steps are those of bench/task.ts.
 */
import { parseArgs } from 'node:util'
import { startFleet } from './fleet/fleet.ts'
import { printJson, printTable } from './measure/figures.ts'
import type { ProcessCost } from './measure/watch-process.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000,10000' },
    runs: { type: 'string', default: 'first,second' },
    width: { type: 'string', default: '200' },
    'slow-disk': { type: 'string' },
    profile: { type: 'string' },
  },
})

const slowDisk = Number(values['slow-disk'] ?? 0)
const figures: (ProcessCost & { readonly hosts: number; readonly run: string; readonly slowDisk: number })[] = []
for (const hosts of values.hosts.split(',').map(Number)) {
  await using fleet = await startFleet(hosts, { slowDisk })
  for (const run of values.runs.split(',')) {
    const cost = await fleet.run(run === 'first' ? 'first' : 'second', { width: values.width, profile: values.profile })
    figures.push({ hosts, run, slowDisk, ...cost })
  }
}
printTable(
  ['', 'wall s', 'CPU s', 'CPU ms per host', 'memory MiB', 'stall ms'],
  figures.map(({ hosts, run, wall, user, system, children, memory, stall }) => {
    const spent = user + system + children
    return [`${hosts} hosts, ${run} run`, wall, spent, (spent / hosts) * 1_000, memory, stall]
  }),
)
printJson(figures)
