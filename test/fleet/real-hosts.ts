import { loadInventory } from '../../src/inventory/find-inventory.ts'
import type { HostConnection } from '../../src/model/inventory.ts'
import { upHosts } from '../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../src/rehearsal/hosts/container-host.ts'
import { STEPS } from './slow-steps.ts'

/** Containers on which the commands of the slow steps are programs; each keeps a log of them. */
export interface RealHosts extends AsyncDisposable {
  readonly hosts: ReadonlyMap<string, HostConnection>
  /** How often each was bumped by each step. */
  counts(): Promise<ReadonlyMap<string, readonly number[]>>
  /** The most of them that were between their first step and their last one at the same time, by their own logs. */
  mostAtWork(): Promise<number>
}

interface Line {
  readonly act: string
  readonly step: number
  readonly time: bigint
}

const LOG = '/var/lib/slow-steps'
const note = (act: string) => `#!/bin/sh\necho "${act} $1 $(date +%s%N)" >>${LOG}\n`
const PROGRAMS = {
  begin: note('begin'),
  bump: note('bump'),
  count: `#!/bin/sh\ngrep -c "^bump $1 " ${LOG} || true\n`,
}

/** @throws RunbookError with E_DOCKER or E_MACHINE_LACKS where this machine has no containers. */
export async function realHosts(count: number): Promise<RealHosts> {
  const set = await upHosts({ count, say: () => {}, mayInstall: async () => true })
  const inventory = await loadInventory(set.inventory, '/')
  await Promise.all(set.hosts.map(install))
  const logs = () => Promise.all(set.hosts.map(async (host) => linesOf((await host.inside(`cat ${LOG}`)).stdout)))
  return {
    hosts: new Map(set.hosts.map(({ name }) => [name, inventory.hosts.get(name)!.connection])),
    async counts() {
      const steps = Array.from({ length: STEPS }, (_, index) => index + 1)
      const bumps = (lines: readonly Line[], wanted: number) =>
        lines.filter(({ act, step }) => act === 'bump' && step === wanted).length
      const counts = (await logs()).map((lines) => steps.map((step) => bumps(lines, step)))
      return new Map(counts.map((each, index) => [set.hosts[index]!.name, each]))
    },
    async mostAtWork() {
      // They share the clock of this machine.
      const spans = (await logs()).map((lines) => [lines[0]!.time, lines.at(-1)!.time] as const)
      return Math.max(...spans.map(([at]) => spans.filter(([first, last]) => first <= at && at <= last).length))
    },
    [Symbol.asyncDispose]: () => set.down(),
  }
}

async function install(host: ContainerHost): Promise<void> {
  const files = Object.entries(PROGRAMS).map(
    ([name, text]) => `cat >/usr/bin/${name} <<'END'\n${text}END\nchmod +x /usr/bin/${name}`,
  )
  const { exitCode, stderr } = await host.inside(['set -e', `touch ${LOG}`, ...files].join('\n'))
  if (exitCode !== 0) throw new Error(`${host.name}: ${stderr}`)
}

const linesOf = (text: string): readonly Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [act = '', step, time = '0'] = line.split(' ')
      return { act, step: Number(step), time: BigInt(time) }
    })
