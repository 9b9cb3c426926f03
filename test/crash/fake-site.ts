import hugepages from '../../runbooks/hugepages-1g.ts'
import type { RunReport } from '../../src/engine/make-report.ts'
import type { Clock } from '../../src/engine/ports.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import {
  type FakeHost,
  fakeClock,
  fakeTransport,
  memoryJournal,
  resumeOn,
  rollbackOn,
  runOn,
  textOf,
} from '../../src/testing.ts'
import { fakeHypervisor } from '../runbooks/fake-hypervisor.ts'
import bracket from './bracket-runbook.ts'
import { ControllerDied, mortalPorts } from './mortal.ts'
import type { Going, Site } from './site.ts'
import { PARAMS } from './table.ts'

const LIBVIRT = 'libvirtd.service'
const WANTED = 'default_hugepagesz=1G hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64'

/** What acts on the host: one controller after the other, or workers of a fleet. */
export type Controllers = Pick<Site, 'run' | 'resume' | 'rollback' | 'rows'>

/** Controllers of one machine, with a file each, that throw instead of dying. */
const embedded = (host: FakeHost, clock: Clock): Controllers => {
  const journals = { mine: memoryJournal(), other: memoryJournal() }
  // A controller that is killed midway leaves its call to end by itself: everything of it is refused by its ports.
  const going = ({ death, run = 'first', journal = 'mine', runbook = 'hugepages-1g' }: Going) => {
    const ports = { journal: journals[journal], transport: fakeTransport({ hosts: [host], clock }) }
    const options = { ...mortalPorts(ports, death ?? null), clock, run }
    return { options, runbook: runbookNamed(runbook) }
  }
  const unlessDead = async (work: Promise<{ report: RunReport }>): Promise<RunReport | null> => {
    try {
      return (await work).report
    } catch (error) {
      if (error instanceof ControllerDied) return null
      throw error
    }
  }
  return {
    run: (options = {}) => {
      const { options: with_, runbook } = going(options)
      return unlessDead(runOn(runbook, PARAMS, [host], with_))
    },
    resume: ({ reboot = false, limit = false, ...options } = {}) => {
      const { options: with_, runbook } = going(options)
      return unlessDead(resumeOn(runbook, [host], { ...with_, reboot, ...(limit ? { limit: [host.name] } : {}) }))
    },
    rollback: ({ reboot = false, ...options } = {}) => {
      const { options: with_, runbook } = going(options)
      return unlessDead(rollbackOn(runbook, [host], { ...with_, reboot }))
    },
    rows: () => journals.mine.rows('first'),
  }
}

/** A fake hypervisor of its own, and whoever acts on it. */
export function fakeSite(clock: Clock = fakeClock(), controllersOf = embedded): Site {
  const { host, memory, state } = fakeHypervisor()
  withServices(host)
  let stubborn = ''
  const boot = host.onBoot
  Object.assign(host, {
    onBoot: (it: FakeHost) => {
      boot(it)
      if (stubborn === '') return
      state.commandLine = stubborn
      memory.boot(stubborn)
    },
  })

  return {
    host: host.name,
    ...controllersOf(host, clock),
    async unlock(run) {
      const line = await fakeTransport({ hosts: [host], clock }).open(
        { name: host.name, connection: {} as never },
        { deadline: '1s' },
      )
      await line.guard.unlock(run)
    },
    async guestsArrive() {
      state.guests = ['6b1e4a0e-3f5e-4d55-9b6e-0f4f6f7f1a01']
    },
    async boots(how) {
      if (how === 'never') host.onReboot = 'never-returns'
      else stubborn = state.commandLine
    },
    async rebootRequests(how) {
      host.onReboot = how === 'ignored' ? 'ignores' : 'reboots'
    },
    serviceRuns: async () => host.units.has(LIBVIRT),
    async state() {
      const says = (text: string) => (text.includes(WANTED) ? 'wanted' : 'other')
      const owed = host.pending.get(LIBVIRT)
      return {
        pages: giantPages(memory),
        commandLine: says(state.commandLine),
        menu: says(textOf(host, '/boot/grub/grub.cfg') ?? ''),
        dropIn: textOf(host, '/etc/default/grub.d/99-runbook-hugepages.cfg') === null ? 'absent' : 'there',
        mounts: state.mounts.length,
        owner: host.owner?.state ?? 'none',
        restartOwed: owed === 'any' || (owed !== undefined && owed === host.units.get(LIBVIRT)),
      }
    },
    async counts() {
      const { changes, boots } = host.counters
      return {
        boots,
        menusGenerated: changes.filter((change) => change === 'update-grub').length,
        libvirtRestarts: changes.filter((change) => change.startsWith('systemctl restart')).length,
      }
    },
  }
}

/** The runbooks that the table uses. */
export const runbookNamed = (name: Going['runbook']): Runbook<unknown> =>
  (name === 'bracket' ? bracket : hugepages) as Runbook<unknown>

function giantPages(memory: ReturnType<typeof fakeHypervisor>['memory']): number {
  const match = /hugepages-1048576kB\/nr_hugepages=(\d+)/.exec(memory.poolFiles())
  return Number(match?.[1] ?? 0)
}

/** Starting and stopping a unit, which hugepages-1g never does. */
function withServices(host: FakeHost): void {
  const commands = [
    [
      /^systemctl is-active '([^']+)'$/,
      (it: FakeHost, [, unit = '']: RegExpExecArray) => (it.units.has(unit) ? 'active\n' : 'inactive\n'),
    ],
    [
      /^systemctl stop '([^']+)'$/,
      (it: FakeHost, [, unit = '']: RegExpExecArray) => `${it.units.delete(unit) ? '' : ''}`,
    ],
    [
      /^systemctl start '([^']+)'$/,
      (it: FakeHost, [, unit = '']: RegExpExecArray) => `${it.units.set(unit, 'started') ? '' : ''}`,
    ],
    ...host.commands,
  ]
  Object.assign(host, { commands })
}
