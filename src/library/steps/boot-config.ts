import { blocked, type Check, needed, satisfied } from '../../model/check.ts'
import { sh } from '../../model/command.ts'
import type { Duration } from '../../model/duration.ts'
import type { Note } from '../../model/note.ts'
import type { Probe } from '../../model/probe.ts'
import { type ChangeStep, type Gate, type Reboot, reboot, step } from '../../model/step.ts'
import { GRUB_CFG, grubEnvironment, grubMenuFault, grubMenuIsCurrent } from '../facts/grub.ts'
import { commandLine } from '../facts/system.ts'
import {
  type GrubEntry,
  type GrubEnvironment,
  type GrubMenu,
  grubEntries,
  isNormalEntry,
  isRecoveryEntry,
  nextEntry,
  readGrubMenu,
} from '../formats/grub-menu.ts'
import { kernelArguments } from '../formats/kernel-command-line.ts'
import type { WantedArguments } from './kernel-arguments.ts'

/** GRUB's generated menu carries the arguments: in the default entry and every normal one, not in the recovery ones. */
export const bootConfig = (wanted: WantedArguments): ChangeStep<null> => {
  const check = async (host: Probe): Promise<Check<null>> => {
    const [{ menu, environment }, fault] = await Promise.all([bootMenu(host), host.ask(grubMenuFault)])
    const faults = [...menuFaults(menu, environment, wanted), ...(fault === '' ? [] : [fault])]
    if (faults.length === 0) return satisfied(`${GRUB_CFG} carries the arguments in every normal entry`)
    return needed(`update-grub, for ${faults.join('; ')}`, null)
  }
  return step<null>({
    id: 'boot-config',
    check,
    async apply(host) {
      await host.keep(GRUB_CFG)
      await host.run(sh`update-grub`)
    },
    async verify(host) {
      const after = await check(host)
      return after.state === 'needed' ? notGenerated(after.change) : after
    },
    settle: { current: (host) => host.ask(grubMenuIsCurrent, { limit: '5m' }), apply: 'apply' },
    rescue: ['update-grub'],
  })
}

export interface RebootIntoParts {
  /** Asked right before the reboot. */
  readonly before: readonly Gate[]
  /** How long the host may be away; servers with much memory train it for minutes. */
  readonly backWithin: Duration
  /** What the operator should know of what the boot brought. */
  readonly delivered?: (host: Probe) => Promise<readonly Note[]>
}

/** The running kernel has the arguments. */
export const rebootInto = (wanted: WantedArguments, { before, backWithin, delivered }: RebootIntoParts): Reboot =>
  reboot({
    id: 'reboot-into',
    async check(host) {
      const [line, notes] = await Promise.all([host.ask(commandLine), delivered?.(host) ?? []])
      if (!wanted.means(line)) return needed(`reboot into ${wanted.block}`, null)
      return satisfied('the running kernel has the arguments', { notes })
    },
    async current(host) {
      const [running, entry] = await Promise.all([host.ask(commandLine), defaultEntry(host)])
      return wanted.same(running, entry?.linux ?? '')
    },
    async entry(host) {
      const entry = await defaultEntry(host)
      return fingerprintOf(entry?.linux ?? '')
    },
    before,
    startsWithin: '180s',
    backWithin,
    notApplied: {
      code: 'E_CMDLINE_NOT_APPLIED',
      because: 'booted entry is not the edited one: default entry, other ESP, BLS, cloudimg drop-in',
      remedy:
        'Look which entry was booted: cat /proc/cmdline; grub-editenv list. Then go back with runbook rollback RUN, or mend the default entry and runbook resume RUN --reboot.',
    },
    recovery:
      'Host does not come back: console/BMC (`ipmitool … chassis power cycle`, `sol activate`), choose the recovery/"previous" entry or press `e` and delete the tokens; then `runbook resume --limit` detects boot id change and missing tokens → E_CMDLINE_NOT_APPLIED; `runbook rollback RUN` restores the files.',
  })

/** What keeps a boot menu from carrying the arguments, as half sentences. Empty when nothing does. */
export function menuFaults(menu: GrubMenu, environment: GrubEnvironment, wanted: WantedArguments): readonly string[] {
  const chosen = nextEntry(menu, environment)
  if (chosen === null) return ['the menu is empty']
  const entries = grubEntries(menu.items)
  const without = (entry: GrubEntry) => !wanted.carries(entry.linux ?? '')
  const normal = entries.filter((entry) => isNormalEntry(entry) && without(entry))
  const tainted =
    wanted.variable === 'GRUB_CMDLINE_LINUX'
      ? []
      : entries.filter((entry) => isRecoveryEntry(entry) && names(entry, wanted))
  return [
    ...(without(chosen) ? [`the default entry "${chosen.title}" lacks the arguments`] : []),
    ...(normal.length > 0 ? [`${normal.length} normal entries do not carry them exactly once`] : []),
    ...(tainted.length > 0 ? [`${tainted.length} recovery entries carry them`] : []),
  ]
}

/** The generated menu and the choices stored beside it. */
export async function bootMenu(
  host: Probe,
): Promise<{ readonly menu: GrubMenu; readonly environment: GrubEnvironment }> {
  const [file, environment] = await Promise.all([host.read(GRUB_CFG), host.ask(grubEnvironment)])
  return { menu: readGrubMenu(file.text), environment }
}

async function defaultEntry(host: Probe): Promise<GrubEntry | null> {
  const { menu, environment } = await bootMenu(host)
  return nextEntry(menu, environment)
}

const names = ({ linux }: GrubEntry, { keys }: WantedArguments): boolean =>
  kernelArguments(linux ?? '').some(({ key }) => keys.includes(key))

const notGenerated = (because: string) =>
  blocked({
    code: 'E_GRUB_NOT_GENERATED',
    absolute: true,
    because: `update-grub ended well, but still: ${because}`,
    remedy:
      'See which entry GRUB_DEFAULT or grub-set-default chose, and whether a script of /etc/grub.d writes entries of its own.',
  })

async function fingerprintOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `sha256:${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
