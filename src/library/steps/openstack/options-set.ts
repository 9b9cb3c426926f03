import { type Check, needed, satisfied } from '../../../model/check.ts'
import { info, type Note, warning } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, type Gate, gate, step } from '../../../model/step.ts'
import type { IniOption } from '../../formats/ini/edit-ini.ts'
import {
  effectiveOption,
  overriddenOptions,
  strayOptions,
  withEffectiveOption,
} from '../../formats/ini/effective-options.ts'
import {
  type ConfigFile,
  type ConfigurationParts,
  configurationOf,
  managedElsewhere,
  type ServiceConfiguration,
} from './service-configuration.ts'

/** An option, when it is as wished, and what to write where it is not. `now` is the value in effect, null its default. */
export interface OptionWish extends IniOption {
  readonly holds: (now: string | null) => boolean
  readonly value: (now: string | null) => string
}

/** An option that is to have exactly this value. `whenUnset` is the service's own default. */
export const optionIs = (option: IniOption, value: string, whenUnset?: string): OptionWish => ({
  ...option,
  holds: (now) => (now ?? whenUnset) === value,
  value: () => value,
})

/** The files that were edited, as first found, and the unit that reads them. */
export type OptionsFound = {
  readonly files: readonly { readonly path: string; readonly before: string }[]
  readonly unit: string | null
}

export interface OptionsSetParts extends ConfigurationParts {
  readonly id: string
  readonly options: readonly OptionWish[]
  /** Does this host need them? Says why not, or null. Default: every host does. */
  readonly unneeded?: (host: Probe, configuration: ServiceConfiguration) => Promise<string | null>
  /** What the operator should know beside it. */
  readonly notes?: (host: Probe, configuration: ServiceConfiguration) => Promise<readonly Note[]>
}

/**
 * Options of a service have their values in effect, whatever files they stand in: the assignment that decides is changed
 * in place, and every other byte is kept. The service notices when it is started anew.
 */
export const optionsSet = (parts: OptionsSetParts): ChangeStep<OptionsFound> =>
  step<OptionsFound>({
    id: parts.id,
    async check(host): Promise<Check<OptionsFound>> {
      const configuration = await configurationOf(host, parts)
      const [unneeded, told] = await Promise.all([
        parts.unneeded?.(host, configuration) ?? null,
        parts.notes?.(host, configuration) ?? [],
      ])
      const notes = [...told, ...placeNotes(configuration.files, parts.options)]
      if (unneeded !== null) return satisfied(unneeded, { notes })
      const { files, main, unit } = configuration
      const open = openWishes(files, parts.options)
      if (open.length === 0) return satisfied(parts.options.map((wish) => stated(files, wish)).join(', '), { notes })
      const edited = editedFiles(files, open, main)
      const change = `set ${open.map((wish) => `${named(wish)} = ${wish.value(inEffect(files, wish))}`).join(', ')} in ${edited.map(({ path }) => path).join(', ')}`
      const found = { files: edited.map(({ path, fingerprint }) => ({ path, before: fingerprint })), unit }
      const extra = { notes, diff: diffOf(files, edited), ...(unit === null ? {} : { readBy: unit }) }
      return needed(change, found, extra)
    },
    async apply(host, found) {
      const { files, main, unit } = await configurationOf(host, parts)
      for (const { path, text } of editedFiles(files, openWishes(files, parts.options), main)) {
        const replacing = found.files.find((file) => file.path === path)?.before ?? 'absent'
        await host.write(path, text, { replacing, ...(unit === null ? {} : { readBy: unit }) })
      }
    },
    async rollback(host, { files, unit }) {
      const noticed = unit === null ? {} : { readBy: unit }
      for (const { path, before } of [...files].reverse()) await host.restore(path, before, noticed)
    },
  })

/** Stops a host on which another tool owns a file that these options would be written to. */
export const optionsAreUnmanaged = (parts: Omit<OptionsSetParts, 'id'>): Gate =>
  gate({
    id: `${parts.service.program}-configuration-is-unmanaged`,
    async check(host) {
      const configuration = await configurationOf(host, parts)
      const { files, main } = configuration
      if ((await parts.unneeded?.(host, configuration)) != null) return satisfied('no file is edited')
      const edited = editedFiles(files, openWishes(files, parts.options), main)
      return managedElsewhere(edited) ?? satisfied('no other tool owns a file that is edited')
    },
  })

/** The value that the service uses now; null where no file sets it. */
export const inEffect = (files: readonly ConfigFile[], option: IniOption): string | null =>
  effectiveOption(files, option)?.value ?? null

const openWishes = (files: readonly ConfigFile[], options: readonly OptionWish[]): readonly OptionWish[] =>
  options.filter((wish) => !wish.holds(inEffect(files, wish)))

function editedFiles(files: readonly ConfigFile[], open: readonly OptionWish[], main: string): readonly ConfigFile[] {
  const after = open.reduce(
    (all, wish) => withEffectiveOption(all, { ...wish, value: wish.value(inEffect(all, wish)) }, main),
    files,
  )
  return after.filter((file, index) => file !== files[index])
}

function diffOf(before: readonly ConfigFile[], edited: readonly ConfigFile[]): readonly [string, string] {
  const old = before.filter(({ path }) => edited.some((file) => file.path === path))
  const whole = (files: readonly ConfigFile[]) => files.map(({ path, text }) => `${path}:\n${text}`).join('\n')
  const [only] = edited
  return edited.length === 1 && only ? [old[0]?.text ?? '', only.text] : [whole(old), whole(edited)]
}

const stated = (files: readonly ConfigFile[], wish: OptionWish): string => {
  const placed = effectiveOption(files, wish)
  return placed ? `${named(wish)} = ${placed.value} in ${placed.path}` : `${named(wish)} has its default`
}

/** Assignments of the options that do not count: in another section, or with a later one behind them. */
const placeNotes = (files: readonly ConfigFile[], options: readonly IniOption[]): readonly Note[] =>
  options.flatMap((option) => [
    ...strayOptions(files, option).map(({ path, line, section, key }) =>
      warning(
        'W_NO_EFFECT',
        `${path} line ${line}: ${key} under [${section}] has no effect; it is read as ${named(option)}`,
      ),
    ),
    ...overriddenOptions(files, option).map(({ path, line, value }) =>
      info('I_OVERRIDDEN', `${path} line ${line}: ${named(option)} = ${value} is overridden by a later assignment`),
    ),
  ])

const named = ({ section, key }: IniOption): string => `[${section}] ${key}`
