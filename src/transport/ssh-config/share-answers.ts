import type { Block, Criterion } from './read-blocks.ts'

/** What ssh is asked for: `ssh -l USER -p PORT NAME`. */
export interface Asked {
  /** As it would be typed after `ssh`. */
  readonly name: string
  readonly user?: string
  readonly port?: number
}

export interface Shared {
  /** No block can match: ssh has nothing to add. */
  readonly nothing: boolean
  /** Hosts of the same key have the same answer, but for their own name in HostName. */
  readonly key: string
  /** HostName values that may have been used for it. */
  readonly hostNames: readonly string[]
  readonly gssapi: boolean
}

/**
 * Who shares an answer of ssh with whom. Two hosts do when every pattern of every block treats them alike, under their
 * own name and under each HostName that may be made of it. In doubt a host is alone.
 */
export function shareOf(blocks: readonly Block[], asked: Asked): Shared {
  const names = namesOf(blocks, asked.name)
  const bits: string[] = []
  const matching: Block[] = []
  let alone = false
  for (const block of blocks) {
    const { may, varies } = judge(block, names, bits)
    if (may || varies) matching.push(block)
    alone ||= varies || (may && block.varies)
  }
  const { user = '', port = '' } = asked
  return {
    nothing: matching.length === 0,
    key: JSON.stringify([user, port, bits.join(''), alone ? asked.name : '']),
    hostNames: matching.flatMap(({ hostNames }) => hostNames),
    gssapi: matching.some(({ gssapi }) => gssapi),
  }
}

/** The name as typed, as ssh writes it, and what HostName lines with `%h` make of it. */
function namesOf(blocks: readonly Block[], name: string): readonly string[] {
  const made = blocks.flatMap(({ hostNames }) => hostNames.filter((text) => text.includes('%')))
  return [name, name.toLowerCase(), ...new Set(made.map((template) => hostNameFrom(template, name)))]
}

/** Writes down how each pattern treats the names. `varies`: ssh may look at more than names before it decides. */
function judge({ criteria }: Block, names: readonly string[], bits: string[]): { may: boolean; varies: boolean } {
  let may = true
  let varies = false
  for (const criterion of criteria) {
    if (criterion.kind === 'names') {
      const found = names.map((name) => matchesList(criterion, name))
      bits.push(...found.map((one) => (one ? '1' : '0')))
      may &&= found.some(Boolean)
    } else varies ||= may && criterion.kind === 'varies'
  }
  return { may: may && !varies, varies }
}

function matchesList({ patterns, negated }: Criterion & { readonly kind: 'names' }, name: string): boolean {
  const matching = patterns.filter((pattern) => matches(pattern.replace(/^!/, ''), name))
  const found = matching.length > 0 && !matching.some((pattern) => pattern.startsWith('!'))
  return found !== negated
}

const compiled = new Map<string, RegExp>()

function matches(pattern: string, name: string): boolean {
  const known = compiled.get(pattern)
  if (known) return known.test(name)
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const made = new RegExp(`^${source}$`)
  compiled.set(pattern, made)
  return made.test(name)
}

/** HostName knows `%h`, the name as typed, and `%%`. */
export const hostNameFrom = (template: string, name: string): string =>
  template.replace(/%([h%])/g, (_, token) => (token === 'h' ? name : '%')).toLowerCase()

/**
 * The HostName of which ssh made `printed` for `name`, as others of the same answer need it. Undefined where two are
 * possible that differ for others.
 */
export function hostNameUsed(hostNames: readonly string[], name: string, printed: string): string | undefined {
  const possible = new Set(['%h', ...hostNames].filter((template) => hostNameFrom(template, name) === printed))
  const [only] = possible
  return possible.size === 1 ? only : undefined
}
