import { tuned, tunedDiffers } from '../../src/library/facts/tuned/tuned.ts'
import { type FakeHost, type FakeProgram, textOf } from '../../src/testing.ts'
import { fixture } from '../library/fixture.ts'
import { when } from './fake-questions.ts'
import { type FakeUnits, startUnit } from './fake-units.ts'

const UNIT = 'tuned.service'
const SHIPPED = fixture('tuned-2.20.0-profiles.virtual-host.debian-12').stdout.replace(
  /^(installed|chosen .*|mode .*)\n/gm,
  '',
)

/** Debian's tuned on a fake host, with all profiles that it ships. */
export interface FakeTuned {
  installed: boolean
  chosen: string
  mode: string
  /** What `tuned-adm verify` has against the host. Default: nothing. */
  differs?: string
}

/** Questions about tuned, and what chooses its profiles. `applied` plays what tuned does to the kernel. */
export const tunedPrograms = (
  state: FakeTuned,
  { files }: FakeUnits,
  applied: (host: FakeHost, chosen: string) => void = () => {},
): readonly FakeProgram[] => {
  const choose = (host: FakeHost, chosen: string, mode: string) => {
    if (!host.units.has(UNIT)) startUnit(host, UNIT)
    Object.assign(state, { chosen, mode })
    applied(host, chosen)
  }
  return [
    when(tunedDiffers, () =>
      state.differs === undefined ? 'Verification succeeded.\n' : { exitCode: 1, stdout: `${state.differs}\n` },
    ),
    [
      tuned.question.text,
      (host) => {
        const said = `${state.installed ? 'installed\n' : ''}chosen ${state.chosen}\nmode ${state.mode}\n`
        return `${said}${SHIPPED}${ownProfiles(host)}`
      },
    ],
    [
      /^systemctl enable --now 'tuned\.service' && tuned-adm profile (.*)$/,
      (host, [, words = '']) => {
        choose(host, words.replaceAll("'", ''), 'manual')
        files.set(UNIT, 'enabled')
        return ''
      },
    ],
    [
      /^systemctl start 'tuned\.service' && tuned-adm (off|auto_profile|profile (.*?)) && (:|systemctl stop \S+) && (:|systemctl disable \S+) && (:|: >\S+profile_mode)$/,
      (host, [, verb, words = '', stop, disable, unsaid]) => {
        choose(host, words.replaceAll("'", ''), verb === 'auto_profile' ? 'auto' : unsaid === ':' ? 'manual' : '')
        if (stop !== ':') host.units.delete(UNIT)
        if (disable !== ':') files.set(UNIT, 'disabled')
        return ''
      },
    ],
  ]
}

const ownProfiles = (host: FakeHost): string =>
  [...host.files.keys()]
    .filter((path) => /^\/etc\/tuned\/[^/]+\/tuned\.conf$/.test(path))
    .flatMap((path) => (textOf(host, path) ?? '').split('\n').map((line) => `${path}:${line}\n`))
    .join('')
