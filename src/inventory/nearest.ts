import { canonical, type Json } from '../model/json.ts'
import type { Report, Setting } from './written/located.ts'

/** A value with who said it: `all hosts`, `group hypervisors`, `host hv-01`. */
export interface Choice {
  readonly origin: string
  readonly value: Json
  readonly line: number
}

/** For each key what the nearest groups say; more than one where they disagree and none is above the other. */
export type Choices = Map<string, readonly Choice[]>

/** Leaves of every key only what no nearer group says anew. The top is farther than every group. */
export function nearestChoices(
  top: ReadonlyMap<string, Setting>,
  groups: readonly (readonly [name: string, said: ReadonlyMap<string, Setting>])[],
  above: ReadonlyMap<string, ReadonlySet<string>>,
): Choices {
  const choices: Choices = new Map([...top].map(([key, setting]) => [key, [{ ...setting, origin: 'all hosts' }]]))
  for (const key of new Set(groups.flatMap(([, said]) => [...said.keys()]))) {
    const saying = groups.filter(([, said]) => said.has(key)).map(([name]) => name)
    const nearest = groups.filter(
      ([name]) => saying.includes(name) && !saying.some((other) => above.get(other)?.has(name)),
    )
    choices.set(key, distinct(nearest.flatMap(([name, said]) => choice(said.get(key), `group ${name}`))))
  }
  return choices
}

/** The one value of each key for a host: its own, else what its groups agree on. Disagreement is reported once. */
export function pick(
  host: string,
  { own, choices, report }: { own: ReadonlyMap<string, Setting>; choices: Choices; report?: Report },
): ReadonlyMap<string, Choice> {
  const picked = new Map<string, Choice>()
  for (const [key, [first, second]] of choices) {
    if (first === undefined) continue
    picked.set(key, first)
    if (second === undefined || own.has(key)) continue
    report?.(second.line, disagreement(host, key, first, second))
    choices.set(key, [first])
  }
  for (const [key, setting] of own) picked.set(key, { ...setting, origin: `host ${host}` })
  return picked
}

const choice = (setting: Setting | undefined, origin: string): Choice[] =>
  setting === undefined ? [] : [{ ...setting, origin }]

function distinct(choices: readonly Choice[]): readonly Choice[] {
  const texts = choices.map(({ value }) => canonical(value))
  return choices.filter((_, index) => texts.indexOf(texts[index] ?? '') === index)
}

function disagreement(host: string, key: string, first: Choice, second: Choice): string {
  const said = [first, second].map(({ origin, value, line }) => `${canonical(value)} by ${origin} (line ${line})`)
  return `host ${host}: ${key} is ${said.join(' and ')}, and neither is nearer. Say it at the host or in one of them.`
}
