import { UsageError } from '../model/errors.ts'
import type { Host } from '../model/inventory.ts'
import { canonical, type Json } from '../model/json.ts'
import type { Runbook } from '../model/runbook.ts'
import { suggest } from '../model/suggest.ts'
import { foldHosts } from '../reporter/wording/fold-hosts.ts'
import { type IssueContext, issueText } from './parameters/issue-text.ts'
import { type DeclaredType, readByType } from './parameters/read-by-type.ts'
import { nearMisses } from './parameters/unknown-variables.ts'

/** One parameter as the runbook's schema declares it. */
export interface Declared {
  readonly name: string
  readonly type: DeclaredType
  readonly description: string
  readonly default?: Json
  /** There is no run without it. */
  readonly required: boolean
}

/** Values that stand over those of the inventory, the later over the earlier. */
export interface Settings {
  /** `key=value` of the command line. */
  readonly set: readonly string[]
  /** What vars files say, with their names. */
  readonly files: readonly { readonly file: string; readonly values: Readonly<Record<string, Json>> }[]
}

export interface Resolved {
  /** Host name to its parameters; hosts with equal ones share them. */
  readonly params: ReadonlyMap<string, Json>
  /** What looks like a mistake and is none for sure. */
  readonly warnings: readonly string[]
}

/** The parameters of a runbook, or null when its schema is none that can be read. */
export async function declaredParameters({ params }: Pick<Runbook, 'params'>): Promise<readonly Declared[] | null> {
  if (params['~standard'].vendor !== 'zod') return null
  const { z } = await import('zod')
  // A schema whose vendor is zod is one of its schemas.
  const schema = z.toJSONSchema(params as never, { io: 'input', unrepresentable: 'any' })
  const properties = Object.entries((schema.properties ?? {}) as Record<string, DeclaredType>)
  return properties.map(([name, type]) => ({
    name,
    type,
    description: type.description ?? '',
    ...(type.default === undefined ? {} : { default: type.default }),
    required: schema.required?.includes(name) ?? false,
  }))
}

/** Names of the parameters whose values are references of secrets. */
export const secretNames = (declared: readonly Declared[] | null): ReadonlySet<string> =>
  new Set(declared?.flatMap(({ name, type }) => (type.secret ? [name] : [])))

/**
 * Parameters per host: default < groups < host < vars files < command line, validated by the runbook's own schema.
 * Throws UsageError with all faults of all hosts.
 */
export async function resolveParameters(
  runbook: Runbook,
  hosts: readonly Host[],
  settings: Settings,
): Promise<Resolved> {
  const declared = await declaredParameters(runbook)
  const over = settled(settings, declared, runbook.name)
  const isSet = new Set(over.map(({ key }) => key))
  const made = new Map<string, Promise<Validated>>()
  const params = new Map<string, Json>()
  const faults: { readonly fault: string; readonly host: string }[] = []
  for (const host of hosts) {
    const values = { ...known(host.vars, declared), ...Object.fromEntries(over.map(({ key, value }) => [key, value])) }
    const origins = { ...host.origins, ...Object.fromEntries(over.map(({ key, origin }) => [key, origin])) }
    const text = canonical([values, known(origins, declared)])
    const closed = Object.entries(known(host.unresolved, declared)).filter(([name]) => !isSet.has(name))
    if (closed.length > 0) {
      faults.push(...closed.map(([name, why]) => ({ fault: `${name} cannot be used: ${why}`, host: host.name })))
      continue
    }
    const result = made.get(text) ?? validate(runbook, values, { origins, secret: secretNames(declared) })
    made.set(text, result)
    const found = await result
    if (found.kind === 'valid') params.set(host.name, found.params)
    else faults.push(...found.faults.map((fault) => ({ fault, host: host.name })))
  }
  if (faults.length > 0) {
    const alike = Map.groupBy(faults, ({ fault }) => fault)
    throw new UsageError([...alike].map(([fault, list]) => `${foldHosts(list.map(({ host }) => host))}: ${fault}`))
  }
  return { params, warnings: nearMisses(hosts, declared?.map(({ name }) => name) ?? []) }
}

type Validated =
  | { readonly kind: 'valid'; readonly params: Json }
  | { readonly kind: 'faulty'; readonly faults: readonly string[] }

async function validate(
  { params }: Runbook,
  values: Readonly<Record<string, Json>>,
  about: IssueContext,
): Promise<Validated> {
  const result = await params['~standard'].validate(values)
  if (result.issues) return { kind: 'faulty', faults: result.issues.map((issue) => issueText(issue, values, about)) }
  // What a schema gives is stored in the run, so it is plain data; undefined members are left out there.
  return { kind: 'valid', params: JSON.parse(JSON.stringify(result.value)) as Json }
}

interface Setting {
  readonly key: string
  readonly value: Json
  readonly origin: string
}

function settled({ set, files }: Settings, declared: readonly Declared[] | null, runbook: string): readonly Setting[] {
  const faults: string[] = []
  const names = declared?.map(({ name }) => name)
  const check = (key: string, where: string): void => {
    if (!names || names.includes(key)) return
    const meant = suggest(key, names)
    const advice = meant ? ` Did you mean "${meant}"?` : ` It has ${names.join(', ') || 'none'}.`
    faults.push(`${where}: ${runbook} has no parameter "${key}".${advice}`)
  }
  const fromFiles = files.flatMap(({ file, values }) =>
    Object.entries(values).map(([key, value]) => {
      check(key, file)
      return { key, value, origin: file }
    }),
  )
  const fromWords = set.flatMap((word): Setting[] => {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(word) ?? []
    if (key === undefined || text === undefined) {
      faults.push(`--set ${JSON.stringify(word)}: write it as key=value`)
      return []
    }
    check(key, `--set ${key}`)
    return [{ key, value: readByType(text, declared?.find(({ name }) => name === key)?.type ?? {}), origin: '--set' }]
  })
  if (faults.length > 0) throw new UsageError(faults, { remedy: `runbook show ${runbook}` })
  return [...fromFiles, ...fromWords]
}

/** An inventory holds variables for many runbooks: only those that this one declares are its. */
function known<Value>(
  values: Readonly<Record<string, Value>>,
  declared: readonly Declared[] | null,
): Readonly<Record<string, Value>> {
  if (!declared) return values
  const names = new Set(declared.map(({ name }) => name))
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)))
}
