import { type BlockedCheck, blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { type Note, warning } from '../../../model/note.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { type Tuned, tuned, tunedDiffers } from '../../facts/tuned/tuned.ts'
import { unitState } from '../../facts/units.ts'
import { effectiveSettings } from '../../formats/tuned/tuned-profiles.ts'
import { driftNotes } from '../kernel/drift.ts'

/** Where an operator's own profiles lie. */
export const TUNED_FOLDER = '/etc/tuned'

const UNIT = 'tuned.service'

/** What was chosen before, and whether tuned ran. */
export type TunedFound = {
  readonly chosen: readonly string[]
  readonly mode: string
  readonly enabled: boolean
  readonly running: boolean
}

export interface ProfileChosenParts {
  readonly id: string
  /** Several are merged in their order. */
  readonly profiles: readonly string[]
  /** An earlier step writes the profile: it need not be there yet. Default false. */
  readonly ours?: boolean
}

/** tuned runs, is started at every boot, and has chosen these profiles by hand. */
export const tunedProfileChosen = ({ id, profiles, ours = false }: ProfileChosenParts): ChangeStep<TunedFound> =>
  step<TunedFound>({
    id,
    async check(host): Promise<Check<TunedFound>> {
      const [found, unit] = await Promise.all([host.ask(tuned), host.ask(unitState(UNIT))])
      const fault = profileFault(host.name, found, ours ? [] : profiles)
      if (fault) return blocked({ ...fault, absolute: true })
      const enabled = unit.enabled === 'enabled'
      const running = unit.active === 'active'
      const chosen = found.chosen.join(' ') === profiles.join(' ') && found.mode !== 'auto'
      const notes = rebootNotes(found, profiles)
      if (chosen && enabled && running) {
        const differs = await host.ask(tunedDiffers, { limit: '2m' })
        const told = differs === '' ? [] : [warning('W_TUNED_DIFFERS', `tuned-adm verify: ${differs}`)]
        return satisfied(`tuned runs ${profiles.join(' ')}`, { notes: [...notes, ...told] })
      }
      const now = found.chosen.join(' ') || 'none'
      const drift = chosen ? driftNotes({ now: running, atBoot: enabled }, `that tuned runs ${now}`) : []
      const change = chosen ? `start tuned with ${now}` : `choose tuned's ${profiles.join(' ')} (now ${now})`
      return needed(
        change,
        { chosen: found.chosen, mode: found.mode, enabled, running },
        { notes: [...notes, ...drift] },
      )
    },
    apply: (host) => host.run(sh`systemctl enable --now ${UNIT} && tuned-adm profile ${profiles}`, { limit: '5m' }),
    rollback: (host, found) => host.run(goBack(found), { limit: '5m' }),
  })

/** What keeps tuned from running these profiles. */
export function profileFault(
  host: string,
  { installed, profiles: known }: Tuned,
  wanted: readonly string[],
): Pick<BlockedCheck, 'code' | 'because' | 'remedy'> | null {
  if (!installed) {
    return {
      code: 'E_TUNED_MISSING',
      because: `${host} has no tuned-adm`,
      remedy: 'Install tuned (apt-get install tuned, or dnf install tuned).',
    }
  }
  const missing = wanted.filter((name) => !known.has(name))
  if (missing.length === 0) return null
  return {
    code: 'E_TUNED_PROFILE',
    because: `tuned on ${host} has no profile ${missing.join(', ')}; it has ${[...known.keys()].sort().join(', ')}`,
    remedy: 'Choose one of these, or install the package that brings the profile.',
  }
}

function rebootNotes({ profiles }: Tuned, wanted: readonly string[]): readonly Note[] {
  const lines = [...effectiveSettings(profiles, wanted)].filter(([key]) => key.startsWith('bootloader.cmdline'))
  if (lines.length === 0) return []
  return [warning('W_TUNED_REBOOT', `${wanted.join(' ')} adds kernel arguments, which hold after the next boot`)]
}

function goBack({ chosen, mode, enabled, running }: TunedFound) {
  const profile = chosen.length === 0 ? sh`tuned-adm off` : sh`tuned-adm profile ${chosen}`
  const choose = mode === 'auto' ? sh`tuned-adm auto_profile` : profile
  const stop = running ? sh`:` : sh`systemctl stop ${UNIT}`
  const disable = enabled ? sh`:` : sh`systemctl disable ${UNIT}`
  // tuned-adm needs the daemon; stopping it afterwards puts back what it had set.
  // Each of these makes the mode manual, also where nobody had ever chosen.
  const unsaid = mode === '' ? sh`: >${TUNED_FOLDER}/profile_mode` : sh`:`
  return sh`systemctl start ${UNIT} && ${choose} && ${stop} && ${disable} && ${unsaid}`
}
