/** A profile of NetworkManager that is in force on an interface and kept on disk. */
export interface Connection {
  readonly uuid: string
  readonly name: string
  /** Where NetworkManager keeps it. */
  readonly path: string
  /** Does this NetworkManager know every property that was asked for? It learnt of features with version 1.16. */
  readonly known: boolean
  /** What it says of features, such as `ethtool.feature-tso`; what it leaves alone is not there. */
  readonly settings: ReadonlyMap<string, string>
}

/**
 * Reads blocks of `interface NAME` and what `nmcli -t` says of its device and of the profile on it, as NetworkManager 1.42
 * was seen to. Profiles under /run are left out: it makes them up at each start, for an interface that it found up (which
 * it would take over if they were saved) or that has none.
 */
export function readConnections(text: string): ReadonlyMap<string, Connection> {
  const blocks = text.split(/^interface /m).slice(1)
  return new Map(
    blocks.flatMap((block) => {
      const [name = '', ...lines] = block.trimEnd().split('\n')
      const values = new Map(lines.map((line) => [before(line), line.slice(before(line).length + 1)]))
      const uuid = values.get('GENERAL.CON-UUID') ?? ''
      const path = values.get('FILENAME') ?? ''
      if (uuid === '' || !path.startsWith('/etc/')) return []
      const settings = [...values].filter(([key, value]) => key.startsWith('ethtool.') && value !== '')
      const profile = values.get('GENERAL.CONNECTION') ?? uuid
      return [[name, { uuid, name: profile, path, known: values.has('KNOWN'), settings: new Map(settings) }] as const]
    }),
  )
}

const before = (line: string): string => line.split(':', 1)[0] ?? ''
