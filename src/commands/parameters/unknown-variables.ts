import type { Host } from '../../model/inventory.ts'
import { suggest } from '../../model/suggest.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'

/** Variables of the inventory that are nearly a parameter which nothing sets: probably a typing mistake. */
export function nearMisses(hosts: readonly Host[], names: readonly string[]): readonly string[] {
  const nearest = new Map<string, string | undefined>()
  const meantBy = (key: string): string | undefined => {
    if (names.includes(key) || isForAnsible(key)) return undefined
    if (!nearest.has(key)) nearest.set(key, suggest(key, names))
    return nearest.get(key)
  }
  const found = hosts.flatMap(({ name, vars, origins }) =>
    Object.keys(vars).flatMap((key) => {
      const meant = meantBy(key)
      if (meant === undefined || meant in vars) return []
      const text = `${origins[key] ?? 'the inventory'} sets "${key}", which this runbook does not have; it has "${meant}"`
      return [{ text, name }]
    }),
  )
  const alike = Map.groupBy(found, ({ text }) => text)
  const texts = [...alike].map(([text, list]) => `${foldHosts(list.map(({ name }) => name))}: ${text}`)
  return texts.length <= SHOWN ? texts : [...texts.slice(0, SHOWN), `and ${texts.length - SHOWN} more such variables`]
}

/** So many are named one by one. */
const SHOWN = 8

/** What is none of a runbook's parameters, in one line; undefined where there is nothing. */
export function unknownVariables(hosts: readonly Host[], names: readonly string[]): string | undefined {
  const unknown = new Set<string>()
  for (const { vars } of hosts) for (const key of Object.keys(vars)) if (!isForAnsible(key)) unknown.add(key)
  for (const name of names) unknown.delete(name)
  if (unknown.size === 0) return undefined
  const shown = [...unknown].slice(0, SHOWN).join(', ')
  const rest = unknown.size > SHOWN ? ` and ${unknown.size - SHOWN} more` : ''
  return `no parameters of this runbook: ${shown}${rest}`
}

const isForAnsible = (name: string): boolean => /^(?:ansible|runbook)_/.test(name)
