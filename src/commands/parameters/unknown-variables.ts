import type { Host } from '../../model/inventory.ts'
import { suggest } from '../../model/suggest.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'

/** Variables of the inventory that are nearly a parameter which nothing sets: probably a typing mistake. */
export function nearMisses(hosts: readonly Host[], names: readonly string[]): readonly string[] {
  const found = unknownOf(hosts, names).flatMap(({ host, key, meant }) => {
    if (meant === undefined) return []
    const origin = host.origins[key] ?? 'the inventory'
    return [{ text: `${origin} sets "${key}", which this runbook does not have; it has "${meant}"`, name: host.name }]
  })
  const alike = Map.groupBy(found, ({ text }) => text)
  const texts = [...alike].map(([text, list]) => `${foldHosts(list.map(({ name }) => name))}: ${text}`)
  return texts.length <= SHOWN ? texts : [...texts.slice(0, SHOWN), `and ${texts.length - SHOWN} more such variables`]
}

/** So many are named one by one. */
const SHOWN = 8

/** What is none of a runbook's parameters, nor nearly one, in one line; undefined where there is nothing. */
export function unknownVariables(hosts: readonly Host[], names: readonly string[]): string | undefined {
  const unknown = new Set(unknownOf(hosts, names).flatMap(({ key, meant }) => (meant === undefined ? [key] : [])))
  if (unknown.size === 0) return undefined
  const shown = [...unknown].slice(0, SHOWN).join(', ')
  const rest = unknown.size > SHOWN ? ` and ${unknown.size - SHOWN} more` : ''
  return `no parameters of this runbook: ${shown}${rest}`
}

const isForAnsible = (name: string): boolean => /^(?:ansible|runbook)_/.test(name)

interface Unknown {
  readonly host: Host
  readonly key: string
  /** The parameter that it is nearly, where nothing sets that one. */
  readonly meant: string | undefined
}

function unknownOf(hosts: readonly Host[], names: readonly string[]): readonly Unknown[] {
  const nearest = new Map<string, string | undefined>()
  const meantBy = (key: string): string | undefined => {
    if (!nearest.has(key)) nearest.set(key, suggest(key, names))
    return nearest.get(key)
  }
  return hosts.flatMap((host) =>
    Object.keys(host.vars)
      .filter((key) => !names.includes(key) && !isForAnsible(key))
      .map((key) => {
        const meant = meantBy(key)
        return { host, key, meant: meant !== undefined && meant in host.vars ? undefined : meant }
      }),
  )
}
