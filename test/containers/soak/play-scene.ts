import type { Recorded } from '../../../src/model/event.ts'
import { tracesOf } from '../../../src/rehearsal/drills/stage.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { COUNTS_FOLDER } from '../../../src/rehearsal/hosts/host-model.ts'
import { differencesSince, takeState } from '../../../src/rehearsal/verdict/host-state.ts'
import type { Difference } from '../../../src/rehearsal/verdict/snapshot.ts'
import type { Trace } from '../../../src/rehearsal/verdict/what-happened.ts'
import type { Laptop } from '../command-line.ts'
import type { Fault } from './faults.ts'
import { type Lived, live } from './live.ts'
import type { Scene } from './scenes.ts'

/** A scene that was played on a host, there and back, and what the host says of it. */
export interface Played {
  readonly scene: Scene
  readonly host: string
  readonly run: string
  readonly forth: Lived
  readonly back: Lived
  /** What differs from before: after the run, and after its rollback. */
  readonly changed: readonly Difference[]
  readonly left: readonly Difference[]
  /** What the host counted meanwhile, by the names of its counts. */
  readonly counts: ReadonlyMap<string, number>
  readonly traces: readonly Trace[]
  /** The journal's rows of the run, in the end. */
  readonly rows: readonly Recorded[]
}

export interface Playing {
  readonly scene: Scene
  readonly host: ContainerHost
  readonly desk: Laptop
  readonly inventory: string
  readonly faults: { readonly forth: readonly Fault[]; readonly back: readonly Fault[] }
}

/** Runs and rolls back, with faults on both ways. */
export async function playScene({ scene, host, desk, inventory, faults }: Playing): Promise<Played> {
  const known = new Set((await desk.type('runs', '--json')).json.map(({ run }) => String(run)))
  const [before, counted] = await Promise.all([takeState(host), countsOn(host)])
  const course = { host, desk, known }
  const words = ['-i', inventory, '-l', host.name, ...scene.words]
  const forth = await live({
    ...course,
    begin: () => desk.start('run', scene.runbook, ...words, '--yes', '--json'),
    goOn: (run) => desk.start('resume', run, '--yes', '--json'),
    faults: faults.forth,
  })
  const run = forth.run ?? ''
  const changed = await differencesSince(host, before)
  const turn = () => desk.start('rollback', run, '--reboot', '--yes', '--json')
  const back = await live({ ...course, begin: turn, goOn: turn, faults: faults.back })
  const left = await differencesSince(host, before)
  const now = await countsOn(host)
  return {
    scene,
    host: host.name,
    run,
    forth,
    back,
    changed,
    left,
    counts: new Map([...now].map(([kind, count]) => [kind, count - (counted.get(kind) ?? 0)])),
    traces: await tracesOf(host, run),
    rows: (await desk.type('log', run, '--json')).rows,
  }
}

/** What a host counts of changes, its own boots among them. It counts questions too, which may be asked at any time. */
const COUNTED = 'boots update-grub libvirtd nova-compute ethtool swaps soak-commands soak-starts'

async function countsOn(host: ContainerHost): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await host.inside(
    `cd ${COUNTS_FOLDER} && for f in ${COUNTED}; do echo "$f $(cat "$f" 2>/dev/null | wc -l)"; done`,
  )
  const lines = stdout.split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]))
}
