/** What one profile of tuned says, as far as it was asked for. */
export interface TunedProfile {
  readonly path: string
  readonly includes: readonly string[]
  /** `section.key` to value, such as `vm.transparent_hugepages` to `never`. Sections for other machines are left out. */
  readonly settings: ReadonlyMap<string, string>
}

const FILE = /^(.*\/([^/]+)\/tuned\.conf):(.*)$/

/**
 * Reads lines of `PATH:LINE` as grep prints them from the tuned.conf of every profile. Of two profiles with one name the
 * later counts, as that of /etc does over that of /usr/lib.
 */
export function readTunedProfiles(text: string): ReadonlyMap<string, TunedProfile> {
  const lines = text.split('\n').flatMap((line) => {
    const [, path = '', name = '', content = ''] = FILE.exec(line) ?? []
    return path === '' ? [] : [{ path, name, content }]
  })
  const files = [...Map.groupBy(lines, ({ path }) => path)]
  return new Map(
    files.map(([path, own]) => [
      own[0]?.name ?? '',
      readProfile(
        path,
        own.map(({ content }) => content),
      ),
    ]),
  )
}

/** What several profiles, and those that they include, set together: what is read later wins. */
export function effectiveSettings(
  profiles: ReadonlyMap<string, TunedProfile>,
  names: readonly string[],
  seen: readonly string[] = [],
): ReadonlyMap<string, string> {
  const all = names
    .filter((name) => !seen.includes(name))
    .flatMap((name) => {
      const profile = profiles.get(name)
      if (!profile) return []
      return [...effectiveSettings(profiles, profile.includes, [...seen, name]), ...profile.settings]
    })
  return new Map(all)
}

function readProfile(path: string, lines: readonly string[]): TunedProfile {
  const sections: { name: string; type: string; conditional: boolean; entries: [string, string][] }[] = []
  for (const line of lines) {
    const header = /^\s*\[([^\]]+)\]/.exec(line)?.[1]
    if (header !== undefined) sections.push({ name: header, type: header, conditional: false, entries: [] })
    const [, key = '', value = ''] = /^\s*([^#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    const section = sections.at(-1)
    if (header !== undefined || key === '' || !section) continue
    if (key === 'type') section.type = value
    else if (key === 'uname_regex' || key === 'cpuinfo_regex' || key === 'enabled') section.conditional = true
    else section.entries.push([key, value])
  }
  const includes = sections.filter(({ name }) => name === 'main').flatMap(({ entries }) => entries)
  return {
    path,
    includes: includes.filter(([key]) => key === 'include').flatMap(([, value]) => namesIn(value)),
    settings: new Map(
      sections
        .filter(({ name, conditional }) => name !== 'main' && !conditional)
        .flatMap(({ type, entries }) => entries.map(([key, value]) => [`${type}.${key}`, value] as const)),
    ),
  }
}

/** `include=a, b` names two profiles; a leading `-` allows one to be missing. */
const namesIn = (value: string): readonly string[] =>
  value
    .split(/[,\s]+/)
    .map((name) => name.replace(/^-/, ''))
    .filter((name) => name !== '')
