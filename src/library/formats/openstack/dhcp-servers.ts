/** A dnsmasq that neutron's DHCP agent runs for one network. */
export interface DhcpServer {
  readonly network: string
  /** Tells this process from any other that had or gets its number: number and start time since boot. */
  readonly process: string
  /** The file that it reads; `/dev/null` where the agent has none set. Null where its command line names none. */
  readonly configFile: string | null
  /** What the agent itself gives as MTU; null where it gives none. */
  readonly mtu: number | null
  readonly ipv6: boolean
}

/**
 * Reads lines of process number, start time and command line. A dnsmasq of anybody else, such as libvirt's, has no folder
 * of a network in the path of its pid file and is left out.
 */
export function readDhcpServers(text: string): readonly DhcpServer[] {
  return text.split('\n').flatMap((line) => {
    const [number = '', start = '', ...words] = line.split(' ')
    const value = (name: string) => words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null
    const [, network] = /\/dhcp\/([^/]+)\/pid$/.exec(value('pid-file') ?? '') ?? []
    if (network === undefined) return []
    const [, mtu] =
      /^--dhcp-option-force=option:mtu,(\d+)$/.exec(words.find((word) => word.includes('option:mtu,')) ?? '') ?? []
    return [
      {
        network,
        process: `${number}.${start}`,
        configFile: value('conf-file'),
        mtu: mtu === undefined ? null : Number(mtu),
        ipv6: words.some((word) => /^--dhcp-range=.*:[0-9a-f]*:/.test(word.replace(/(set|tag):[^,]*,/g, ''))),
      },
    ]
  })
}
