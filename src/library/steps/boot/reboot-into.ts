import { needed, satisfied } from '../../../model/check.ts'
import type { Duration } from '../../../model/duration.ts'
import type { Note } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Gate, type Reboot, reboot } from '../../../model/step.ts'
import { bootLoaderOf } from '../../boot-loaders/find-boot-loader.ts'
import type { WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { commandLine } from '../../facts/system.ts'
import { kernelArguments } from '../../formats/kernel-command-line.ts'

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
      const [running, next] = await Promise.all([host.ask(commandLine), nextLine(host, wanted)])
      return wanted.same(running, next)
    },
    async entry(host) {
      const line = await nextLine(host, wanted)
      return [await fingerprintOf(line), kernelOf(line)].join(' ').trimEnd()
    },
    async booted(host, entry) {
      const [, expected = ''] = entry.split(' ')
      const running = kernelOf(await host.ask(commandLine))
      if (expected === '' || running === '' || running === expected) return null
      return {
        code: 'E_OTHER_KERNEL',
        because: `the arguments are there, but ${running} was booted and not ${expected}, which the menu had chosen`,
        remedy: 'Look who chose it: the console, or a boot that failed before. To go on with it: runbook resume RUN',
      }
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

/** The file name of the kernel in a line of GRUB's menu or of /proc/cmdline; empty where none stands in it. */
function kernelOf(line: string): string {
  const [first] = kernelArguments(line)
  const path = first?.key === 'BOOT_IMAGE' ? first.value : first?.value === null ? first.text : null
  return path?.includes('/') ? path.slice(path.lastIndexOf('/') + 1) : ''
}

const nextLine = async (host: Probe, wanted: WantedArguments): Promise<string> =>
  (await bootLoaderOf(host, wanted)).nextLine(host)

async function fingerprintOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return `sha256:${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
