import { sh } from '../../../model/command.ts'
import { fact } from '../../../model/fact.ts'
import { effectiveSettings, readTunedProfiles, type TunedProfile } from '../../formats/tuned/tuned-profiles.ts'
import { answered } from '../answered.ts'

/** tuned on a host: which profiles there are, and which it applies when it starts. */
export interface Tuned {
  readonly installed: boolean
  /** Names of the profiles that are chosen; several are merged in their order. */
  readonly chosen: readonly string[]
  /** `manual`, `auto`, or empty where it was never said. */
  readonly mode: string
  /** What the chosen profiles set together. */
  readonly settings: ReadonlyMap<string, string>
  readonly profiles: ReadonlyMap<string, TunedProfile>
}

/** Of the profiles only what other runbooks set too is read: transparent pages, kernel arguments and the governor. */
export const tuned = fact(
  sh`if command -v tuned-adm >/dev/null; then echo installed; fi; if [ -r /etc/tuned/active_profile ]; then printf 'chosen %s\\n' "$(cat /etc/tuned/active_profile)"; fi; if [ -r /etc/tuned/profile_mode ]; then printf 'mode %s\\n' "$(cat /etc/tuned/profile_mode)"; fi; grep -HsE '^[[:space:]]*(\\[|(include|type|uname_regex|cpuinfo_regex|enabled|transparent_hugepages?|transparent_hugepage\\.defrag|cmdline[A-Za-z0-9_]*|governor)[[:space:]]*=)' /usr/lib/tuned/*/tuned.conf /usr/lib/tuned/profiles/*/tuned.conf /etc/tuned/*/tuned.conf /etc/tuned/profiles/*/tuned.conf; true`,
  (answer): Tuned => {
    const text = answered(answer, 'its profiles of tuned')
    const profiles = readTunedProfiles(text)
    const chosen = (/^chosen (.*)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter((name) => name !== '')
    return {
      installed: /^installed$/m.test(text),
      chosen,
      mode: /^mode (.*)$/m.exec(text)?.[1] ?? '',
      settings: effectiveSettings(profiles, chosen),
      profiles,
    }
  },
)

/** Does the host differ from what the chosen profiles set? Empty text, or what tuned says; it writes more into its log. */
export const tunedDiffers = fact(sh`tuned-adm verify`, ({ exitCode, stdout, stderr }) =>
  exitCode === 0 ? '' : (stdout.trim() || stderr.trim()).split('\n')[0] || `tuned-adm verify ended with ${exitCode}`,
)
