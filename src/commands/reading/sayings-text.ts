import type { Host, Inventory, Saying } from '../../model/inventory.ts'
import type { Json } from '../../model/json.ts'
import { MASK } from '../../model/secret.ts'
import { foldHosts } from '../../reporter/wording/fold-hosts.ts'

/** The variables of a host: each with who says it and where, and with everything that it won against. */
export function hostSayings(inventory: Inventory, host: string): readonly string[] {
  return [...inventory.sayings(host)].map(([name, saying]) => `  ${name}: ${chainText(name, saying)}`)
}

/** What hosts have as one variable, those with the same from the same places together. */
export function variableText(inventory: Inventory, hosts: readonly Host[], name: string): readonly string[] {
  const texts = hosts.map((host) => {
    const saying = inventory.sayings(host.name).get(name)
    return { host: host.name, text: saying ? chainText(name, saying) : 'is not set' }
  })
  return folded(texts)
}

/** What a group says of its hosts, and who of them has something nearer. */
export function groupSayings(inventory: Inventory, group: string): readonly string[] {
  const origin = group === 'all' && !inventory.foreign ? 'all hosts' : `group ${group}`
  const said = new Map<string, { host: string; text: string }[]>()
  for (const host of inventory.groups.get(group) ?? []) {
    for (const [name, winner] of inventory.sayings(host)) {
      const own = chain(winner).find((one) => one.origin === origin)
      if (!own) continue
      const line = `  ${name}: ${sayingText(name, own)}`
      const lost = said.get(line) ?? []
      said.set(line, lost)
      if (own !== winner) lost.push({ host, text: sayingText(name, winner) })
    }
  }
  return [...said].flatMap(([line, lost]) => [line, ...folded(lost).map((text) => `      but ${text}`)])
}

/** A value as it may be shown: what looks like a password by its name is not. */
export function shownValue(name: string, value: Json): Json {
  return SECRET.test(name) ? MASK : masked(value)
}

/** The same for a whole chain. */
export function shownSaying(name: string, saying: Saying): Saying {
  const { over, ...one } = saying
  return { ...one, value: shownValue(name, saying.value), ...(over ? { over: shownSaying(name, over) } : {}) }
}

const SECRET = /(?:^|_)(?:pass|password|passwd|passphrase|secret|token|api_?key)s?$/i

function masked(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(masked)
  if ('__ansible_vault' in value) return '‹encrypted›'
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, SECRET.test(key) ? MASK : masked(member ?? null)]),
  )
}

function chain(saying: Saying): readonly Saying[] {
  const links = [saying]
  for (let next = saying.over; next; next = next.over) links.push(next)
  return links
}

const chainText = (name: string, saying: Saying): string =>
  chain(saying)
    .map((one) => sayingText(name, one))
    .join(', over ')

const sayingText = (name: string, { value, origin, file, line }: Saying): string =>
  `${JSON.stringify(shownValue(name, value))} (${origin}, ${line > 0 ? `${file}:${line}` : file})`

function folded(texts: readonly { readonly host: string; readonly text: string }[]): readonly string[] {
  const alike = Map.groupBy(texts, ({ text }) => text)
  return [...alike].map(([text, list]) => `${foldHosts(list.map(({ host }) => host))}: ${text}`)
}
