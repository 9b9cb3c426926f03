import { readFile } from 'node:fs/promises'

import { checkKeys, entriesOf } from '../inventory/written/check-keys.ts'
import { described, type Located, type LocatedEntry, plain, type Report } from '../inventory/written/located.ts'
import { readYaml } from '../inventory/written/read-yaml.ts'
import { UsageError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import { suggest } from '../model/suggest.ts'
import { FLAVOURS, type Flavour, type HostModel, MODEL_KEYS } from './hosts/host-model.ts'
import type { Emulation } from './verdict/emulated-steps.ts'
import { VM_KEYS, type VmModel } from './vm/vm-model.ts'

/** What a rehearsal needs to show a runbook on one kind of hosts: `runbooks/NAME.rehearsal.yaml`. */
export interface Rehearsal extends Emulation {
  /** Name among the variants of the file; empty for what the file says itself. */
  readonly variant: string
  /** Parameters by name. Those of the command line win. Default none. */
  readonly params: Readonly<Record<string, Json>>
  readonly hosts: WantedHosts
  /** Files of which no two runs make the same content, such as an image. A killed run must end with them of the same kind. */
  readonly unequal: readonly string[]
}

/** What every host is. Default a plain machine; containers of flavour `debian`. */
export type WantedHosts =
  | { readonly on: 'containers'; readonly flavour: Flavour; readonly machine: HostModel }
  | { readonly on: 'vm'; readonly machine: VmModel }

export type On = WantedHosts['on']

export const KINDS_OF_HOSTS: readonly On[] = ['containers', 'vm']

/** Of a runbook without such a file. On containers every step of its own then counts as emulated. */
const DEFAULTS: Readonly<Record<On, Rehearsal>> = {
  containers: {
    variant: '',
    params: {},
    hosts: { on: 'containers', flavour: 'debian', machine: {} },
    unequal: [],
    emulated: {},
    real: [],
    notHere: {},
    others: 'unknown',
  },
  vm: {
    variant: '',
    params: {},
    hosts: { on: 'vm', machine: {} },
    unequal: [],
    emulated: {},
    real: [],
    notHere: {},
    others: 'real',
  },
}

const SECTION_KEYS: Readonly<Record<On, readonly string[]>> = {
  containers: ['flavour', 'machine', 'unequal', 'emulated', 'real', 'notHere'],
  vm: ['params', 'machine', 'unequal', 'emulated', 'notHere'],
}

const MACHINE_KEYS: Readonly<Record<On, readonly string[]>> = { containers: MODEL_KEYS, vm: VM_KEYS }

/**
 * The file's own rehearsal first, then its variants, each laid over the file's own: keys of maps one by one, and what
 * a variant says of a step instead of what the file says of it. A file that does not exist gives the defaults.
 *
 *     params: { count1g: 4 }
 *     containers: { flavour: debian, machine: {}, unequal: [/a/path], emulated: { step-id: what stood in }, real: [step-id] }
 *     vm: { params: {}, machine: {}, unequal: [], emulated: {}, notHere: { step-id: why it has nothing to do there } }
 *     variants: { rhel: { containers: { flavour: rhel } } }
 *
 * A variant that names only one of `containers` and `vm` is not shown on the other.
 * `shown` names the file in messages. Throws UsageError with all faults, each with file and line.
 */
export async function readRehearsals(path: string, shown: string, on: On): Promise<readonly Rehearsal[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new UsageError(`${shown}: ${error.message}`, { cause: error })
  })
  return text === null ? [DEFAULTS[on]] : parseRehearsals(text, shown, on)
}

/** {@link readRehearsals} of a text. */
export function parseRehearsals(text: string, shown: string, on: On): readonly Rehearsal[] {
  // What both kinds of hosts share is read for each, and its faults are told once.
  const faults = new Set<string>()
  const report: Report = (line, fault) => void faults.add(`${shown}:${line}: ${fault}`)
  const root = readYaml(text, report)
  const all = root ? KINDS_OF_HOSTS.flatMap((kind) => readAll(root, kind, report)) : []
  if (faults.size > 0) throw new UsageError([...faults])
  return all.filter(({ hosts }) => hosts.on === on)
}

function readAll(root: Located, on: On, report: Report): readonly Rehearsal[] {
  const entries = entriesOf(root, 'a rehearsal', report)
  checkKeys(entries, ['params', ...KINDS_OF_HOSTS, 'variants'], report)
  const own = laidOver(DEFAULTS[on], '', entries, report)
  const variants = partOf(entries, 'variants', report).flatMap(({ key, line, value }) => {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(key)) report(line, `"${key}" cannot name a variant: a word such as rhel`)
    const parts = entriesOf(value, `variant ${key}`, report)
    checkKeys(parts, ['params', ...KINDS_OF_HOSTS], report)
    const named = KINDS_OF_HOSTS.filter((kind) => parts.some((part) => part.key === kind))
    const variant = laidOver(own, key, parts, report)
    return named.length === 1 && named[0] !== on ? [] : [variant]
  })
  return [own, ...variants]
}

function laidOver(under: Rehearsal, variant: string, entries: readonly LocatedEntry[], report: Report): Rehearsal {
  const { on } = under.hosts
  const section = partOf(entries, on, report)
  checkKeys(section, SECTION_KEYS[on], report)
  const machine = partOf(section, 'machine', report)
  checkKeys(machine, MACHINE_KEYS[on], report)
  const emulated = partOf(section, 'emulated', report).flatMap((entry) => readReason(entry, STOOD_IN, report))
  const notHere = partOf(section, 'notHere', report).flatMap((entry) => readReason(entry, NOTHING_TO_DO, report))
  const real = readList(section, 'real', report, 'step ids')
  const both = real.find(({ text }) => emulated.some(([other]) => other === text))
  if (both) report(both.line, `"${both.text}" stands in both lists: it is emulated or real`)
  const [fake, proved] = [new Set(emulated.map(([step]) => step)), new Set(real.map(({ text }) => text))]
  const params = [...partOf(entries, 'params', report), ...partOf(section, 'params', report)]
  return {
    variant,
    params: { ...under.params, ...values(params) },
    hosts: hostsOver(under.hosts, values(machine), readFlavour(section, report)),
    unequal: [...under.unequal, ...readList(section, 'unequal', report, 'paths').map(({ text }) => text)],
    emulated: Object.fromEntries([
      ...Object.entries(under.emulated).filter(([step]) => !proved.has(step)),
      ...emulated,
    ]),
    real: [...under.real.filter((step) => !fake.has(step) && !proved.has(step)), ...proved],
    notHere: { ...under.notHere, ...Object.fromEntries(notHere) },
    others: under.others,
  }
}

/** The keys of the machine were compared with those of a model; the host itself refuses values that mean nothing to it. */
function hostsOver(under: WantedHosts, machine: Readonly<Record<string, Json>>, flavour?: Flavour): WantedHosts {
  const wanted = { ...under, machine: { ...under.machine, ...machine } } as WantedHosts
  return wanted.on === 'containers' && flavour ? { ...wanted, flavour } : wanted
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

const STOOD_IN = 'what stood in for the real thing'
const NOTHING_TO_DO = 'why it has nothing to do there'

function readReason(
  { key, line, value }: LocatedEntry,
  what: string,
  report: Report,
): readonly [step: string, reason: string][] {
  if (value.kind === 'scalar' && typeof value.value === 'string' && value.value.trim() !== '') {
    return [[key, value.value]]
  }
  report(line, `${key} must say ${what}; it is ${described(value)}`)
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
