import { blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import type { WantedArguments } from '../../boot-loaders/wanted-arguments.ts'
import { type Tuned, tuned } from '../../facts/tuned/tuned.ts'

/** Stops a host whose tuned adds arguments of these keys by itself, as its profiles cpu-partitioning and realtime do. */
export const tunedLeavesArgumentsAlone = ({ keys }: WantedArguments): Gate =>
  gate({
    id: 'tuned-leaves-arguments-alone',
    async check(host) {
      const found = await host.ask(tuned)
      const named = keysNamed(found.settings, keys)
      if (!found.installed || named.length === 0) return satisfied('no profile of tuned names these arguments')
      return blocked({
        code: 'E_TUNED_CONFLICT',
        because: `tuned's profile ${found.chosen.join(' ')} on ${host.name} adds ${named.join(', ')} to the kernel command line by itself (${filesNaming(found, named).join(', ')})`,
        remedy:
          'Set them there (/etc/tuned/*-variables.conf) or in a profile of your own, or choose one that does not name them: tuned-adm profile NAME.',
      })
    },
  })

function keysNamed(settings: ReadonlyMap<string, string>, keys: readonly string[]): readonly string[] {
  const lines = [...settings].filter(([key]) => key.startsWith('bootloader.cmdline')).map(([, value]) => value)
  return keys.filter((key) => lines.some((line) => new RegExp(`(^|[ +])${key}=`).test(line)))
}

/** The files of the chosen profiles, and of those that they include, which name one of the keys. */
function filesNaming({ chosen, profiles }: Tuned, keys: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  const visit = (name: string): readonly string[] => {
    const profile = profiles.get(name)
    if (!profile || seen.has(name)) return []
    seen.add(name)
    const own = keysNamed(profile.settings, keys).length > 0 ? [profile.path] : []
    return [...own, ...profile.includes.flatMap(visit)]
  }
  return chosen.flatMap(visit)
}
