interface Named {
  readonly id: string
  readonly title: string
}

/**
 * The entry of this number, id or title in a menu whose newest entry stands first; the first one where none fits.
 * An id may be a pattern with `*`, as systemd-boot takes it.
 */
export function nextNamed<Entry extends Named>(entries: readonly Entry[], name: string): Entry | null {
  const menu = newestFirst(entries)
  const numbered = /^\d+$/.test(name) ? menu[Number(name)] : undefined
  const escaped = name.replace(/\.conf$/, '').replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(`^${escaped.replaceAll('*', '.*')}$`)
  return numbered ?? menu.find(({ id, title }) => pattern.test(id) || title === name) ?? menu[0] ?? null
}

/** By the versions in their ids, as boot loaders sort: numbers by value, so that 5.14.0-427 stands before 5.14.0-70. */
export const newestFirst = <Entry extends Named>(entries: readonly Entry[]): readonly Entry[] =>
  entries.toSorted((a, b) => compareVersions(b.id, a.id))

function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [mine, yours] = [left[at] ?? '', right[at] ?? '']
    if (mine === yours) continue
    const [one, other] = [Number.parseInt(mine, 10), Number.parseInt(yours, 10)]
    if (Number.isNaN(one) || Number.isNaN(other)) return mine < yours ? -1 : 1
    if (one !== other) return one - other
  }
  return 0
}

const parts = (text: string): readonly string[] => text.match(/\d+|[^\d]+/g) ?? []
