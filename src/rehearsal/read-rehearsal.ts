import { readFile } from 'node:fs/promises'

import { checkKeys, entriesOf } from '../inventory/written/check-keys.ts'
import { described, type Located, type LocatedEntry, plain, type Report } from '../inventory/written/located.ts'
import { readYaml } from '../inventory/written/read-yaml.ts'
import { UsageError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import { suggest } from '../model/suggest.ts'
import { FLAVOURS, type Flavour, type HostModel, MODEL_KEYS } from './hosts/host-model.ts'
import type { Emulation } from './verdict/emulated-steps.ts'

/** What a rehearsal needs to show a runbook: `runbooks/NAME.rehearsal.yaml`. */
export interface Rehearsal extends Emulation {
  /** Name among the variants of the file; empty for what the file says itself. */
  readonly variant: string
  /** Parameters by name. Those of the command line win. Default none. */
  readonly params: Readonly<Record<string, Json>>
  /** Default `debian`. */
  readonly flavour: Flavour
  /** What every host plays. Default a plain machine. */
  readonly machine: HostModel
  /** Files of which no two runs make the same content, such as an image. A killed run must end with them of the same kind. */
  readonly unequal: readonly string[]
}

/** Of a runbook without such a file: no parameters, plain machines, and every step of its own counts as emulated. */
const DEFAULTS: Rehearsal = {
  variant: '',
  params: {},
  flavour: 'debian',
  machine: {},
  unequal: [],
  emulated: {},
  real: [],
}

/**
 * The file's own rehearsal first, then its variants, each laid over the file's own: keys of maps one by one, and what
 * a variant says of a step instead of what the file says of it. A file that does not exist gives the defaults.
 *
 *     params: { count1g: 4 }
 *     containers: { flavour: debian, machine: {}, unequal: [/a/path], emulated: { step-id: what stood in }, real: [step-id] }
 *     variants: { rhel: { containers: { flavour: rhel } } }
 *
 * `shown` names the file in messages. Throws UsageError with all faults, each with file and line.
 */
export async function readRehearsals(path: string, shown: string): Promise<readonly Rehearsal[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new UsageError(`${shown}: ${error.message}`, { cause: error })
  })
  return text === null ? [DEFAULTS] : parseRehearsals(text, shown)
}

/** {@link readRehearsals} of a text. */
export function parseRehearsals(text: string, shown: string): readonly Rehearsal[] {
  const faults: string[] = []
  const report: Report = (line, fault) => void faults.push(`${shown}:${line}: ${fault}`)
  const root = readYaml(text, report)
  const all = root ? readAll(root, report) : []
  if (faults.length > 0) throw new UsageError(faults)
  return all
}

function readAll(root: Located, report: Report): readonly Rehearsal[] {
  const entries = entriesOf(root, 'a rehearsal', report)
  checkKeys(entries, ['params', 'containers', 'variants'], report)
  const own = laidOver(DEFAULTS, '', entries, report)
  const variants = partOf(entries, 'variants', report).map(({ key, line, value }) => {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(key)) report(line, `"${key}" cannot name a variant: a word such as rhel`)
    const parts = entriesOf(value, `variant ${key}`, report)
    checkKeys(parts, ['params', 'containers'], report)
    return laidOver(own, key, parts, report)
  })
  return [own, ...variants]
}

function laidOver(under: Rehearsal, variant: string, entries: readonly LocatedEntry[], report: Report): Rehearsal {
  const containers = partOf(entries, 'containers', report)
  checkKeys(containers, ['flavour', 'machine', 'unequal', 'emulated', 'real'], report)
  const machine = partOf(containers, 'machine', report)
  checkKeys(machine, MODEL_KEYS, report)
  const emulated = partOf(containers, 'emulated', report).flatMap((entry) => readEmulated(entry, report))
  const real = readList(containers, 'real', report, 'step ids')
  const both = real.find(({ text }) => emulated.some(([other]) => other === text))
  if (both) report(both.line, `"${both.text}" stands in both lists: it is emulated or real`)
  const [fake, proved] = [new Set(emulated.map(([step]) => step)), new Set(real.map(({ text }) => text))]
  return {
    variant,
    params: { ...under.params, ...values(partOf(entries, 'params', report)) },
    flavour: readFlavour(containers, report) ?? under.flavour,
    // Its keys were compared with those of a HostModel; the host itself refuses values that mean nothing to it.
    machine: { ...under.machine, ...(values(machine) as HostModel) },
    unequal: [...under.unequal, ...readList(containers, 'unequal', report, 'paths').map(({ text }) => text)],
    emulated: Object.fromEntries([
      ...Object.entries(under.emulated).filter(([step]) => !proved.has(step)),
      ...emulated,
    ]),
    real: [...under.real.filter((step) => !fake.has(step) && !proved.has(step)), ...proved],
  }
}

function partOf(entries: readonly LocatedEntry[], name: string, report: Report): readonly LocatedEntry[] {
  const entry = entries.find(({ key }) => key === name)
  return entry === undefined ? [] : entriesOf(entry.value, name, report)
}

const values = (entries: readonly LocatedEntry[]): Readonly<Record<string, Json>> =>
  Object.fromEntries(entries.map(({ key, value }) => [key, plain(value)]))

function readFlavour(entries: readonly LocatedEntry[], report: Report): Flavour | undefined {
  const value = entries.find(({ key }) => key === 'flavour')?.value
  if (value === undefined) return undefined
  const word = value.kind === 'scalar' ? String(value.value) : ''
  const known = FLAVOURS.find((flavour) => flavour === word)
  if (known) return known
  const meant = suggest(word, FLAVOURS)
  const advice = meant === undefined ? '' : `. Did you mean "${meant}"?`
  report(value.line, `flavour must be one of ${FLAVOURS.join(', ')}; it is ${described(value)}${advice}`)
  return undefined
}

function readEmulated({ key, line, value }: LocatedEntry, report: Report): readonly [step: string, by: string][] {
  if (value.kind === 'scalar' && typeof value.value === 'string' && value.value.trim() !== '') {
    return [[key, value.value]]
  }
  report(line, `emulated: "${key}" must say what stood in for the real thing; it is ${described(value)}`)
  return []
}

function readList(entries: readonly LocatedEntry[], name: string, report: Report, what: string) {
  const value = entries.find(({ key }) => key === name)?.value
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return []
  if (value.kind !== 'list') {
    report(value.line, `${name} must be a list of ${what}; it is ${described(value)}`)
    return []
  }
  return value.items.flatMap((item): readonly { text: string; line: number }[] => {
    if (item.kind === 'scalar' && typeof item.value === 'string') return [{ text: item.value, line: item.line }]
    report(item.line, `${name} must be a list of ${what}; here is ${described(item)}`)
    return []
  })
}
