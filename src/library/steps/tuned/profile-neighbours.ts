import { blocked, deferred, satisfied } from '../../../model/check.ts'
import { type ChangeStep, type Gate, gate } from '../../../model/step.ts'
import { GRUB_VARIABLES } from '../../boot-loaders/wanted-arguments.ts'
import { GRUB_DROP_INS, grubFiles } from '../../facts/grub.ts'
import { cpuPower } from '../../facts/kernel/cpu-power.ts'
import { tuned } from '../../facts/tuned/tuned.ts'
import { unitState } from '../../facts/units.ts'
import { cpuListText } from '../../formats/kernel/cpu-list.ts'
import { kernelArguments } from '../../formats/kernel-command-line.ts'
import { shellAssignments } from '../../formats/shell-assignments.ts'
import { effectiveSettings } from '../../formats/tuned/tuned-profiles.ts'
import { expected } from '../audit/expected.ts'
import { noCpufreq } from '../cpu-power/governor.ts'
import { tmpfilesPath } from '../kernel/tmpfiles.ts'

/** Stops a host on which the profiles would set what other runbooks have set: transparent pages and kernel arguments. */
export const profileLeavesOthersAlone = (profiles: readonly string[]): Gate =>
  gate({
    id: 'profile-leaves-others-alone',
    async check(host) {
      const [{ profiles: known }, thp, grub] = await Promise.all([
        host.ask(tuned),
        host.read(tmpfilesPath('thp')),
        host.ask(grubFiles),
      ])
      const settings = effectiveSettings(known, profiles)
      const files = grub.map(({ path, text }) => ({ path, keys: keysOf(text) }))
      const fault = thpFault(settings, thp.text) ?? argumentFault(settings, files)
      if (fault === null) return satisfied(`${profiles.join(' ')} sets nothing that another runbook has set`)
      return blocked({
        code: 'E_TUNED_CONFLICT',
        because: `tuned's profile ${profiles.join(' ')} on ${host.name} ${fault}`,
        remedy: 'Choose another profile, or roll the other runbook back first.',
      })
    },
  })

/** All CPUs have the governor that the profiles ask for, where the host has a say in its clock. */
export const governorAsProfileSays = (profiles: readonly string[]): ChangeStep<null> =>
  expected({
    id: 'governor-as-profile-says',
    async check(host) {
      const [{ chosen, profiles: known }, { active }, power] = await Promise.all([
        host.ask(tuned),
        host.ask(unitState('tuned.service')),
        host.ask(cpuPower),
      ])
      const wished = effectiveSettings(known, profiles).get('cpu.governor')
      if (wished === undefined) return satisfied(`${profiles.join(' ')} leaves the governor as it is`)
      if (power.governors.size === 0) return satisfied('there is no governor', { notes: noCpufreq(power) })
      if (chosen.join(' ') !== profiles.join(' ')) return deferred('the choice of the profile')
      if (active !== 'active') return deferred('the start of tuned')
      const others = [...power.governors].filter(([, now]) => !wished.split('|').includes(now))
      if (others.length === 0) return satisfied(`every CPU has the governor ${wished}`)
      return blocked({
        code: 'E_GOVERNOR',
        because: `${host.name}: CPU ${cpuListText(others.map(([cpu]) => cpu))} has not the governor ${wished} of tuned's ${profiles.join(' ')}, but ${[...new Set(others.map(([, now]) => now))].join(', ')}`,
        remedy:
          'Look what else sets it: journalctl -u tuned; tuned-adm verify; systemctl status cpufrequtils power-profiles-daemon.',
      })
    },
  })

function thpFault(settings: ReadonlyMap<string, string>, file: string): string | null {
  const own = /transparent_hugepage\/enabled - - - - (\S+)$/m.exec(file)?.[1]
  const theirs = settings.get('vm.transparent_hugepages') ?? settings.get('vm.transparent_hugepage')
  if (own === undefined || theirs === undefined || own === theirs) return null
  return `sets transparent_hugepages=${theirs}, but ${tmpfilesPath('thp')} says ${own}`
}

function argumentFault(
  settings: ReadonlyMap<string, string>,
  files: readonly { readonly path: string; readonly keys: readonly string[] }[],
): string | null {
  const lines = [...settings].filter(([key]) => key.startsWith('bootloader.cmdline')).map(([, value]) => value)
  // tuned writes `+a=b c=d`: a sign in front says how the lines of several profiles are joined.
  const theirs = lines.flatMap((line) => kernelArguments(line.replace(/^[+-]/, '')).map(({ key }) => key))
  const own = files.filter(({ path }) => path.startsWith(`${GRUB_DROP_INS}/99-runbook-`))
  const [clash] = own.flatMap(({ path, keys }) =>
    keys.filter((key) => theirs.includes(key)).map((key) => ({ path, key })),
  )
  return clash ? `adds ${clash.key} to the kernel command line, which ${clash.path} sets` : null
}

const keysOf = (text: string): readonly string[] =>
  shellAssignments(text, GRUB_VARIABLES).flatMap(({ raw }) =>
    kernelArguments(raw.replaceAll('"', '')).map(({ key }) => key),
  )
