import type { Ports } from '../engine/ports.ts'
import type { ComputeService, Network, Server } from '../model/cloud.ts'
import { CommandFailed } from '../model/errors.ts'

/** How nova deals with a request to move a server alive. */
export type FakeMove =
  /** It is on another host after two more looks at the servers of its host. */
  | 'moves'
  /** Nova refuses at once. */
  | 'refused'
  /** It begins, and the server is back where it was. */
  | 'comes-back'
  /** It begins, and the server is in ERROR. */
  | 'breaks'
  /** It begins and never ends. */
  | 'hangs'

export interface FakeServer extends Partial<Omit<Server, 'name' | 'host'>> {
  readonly name: string
  readonly host: string
  /** Default `moves`. */
  readonly live?: FakeMove
}

export interface FakeCloudOptions {
  readonly services?: readonly (Partial<ComputeService> & Pick<ComputeService, 'host'>)[]
  readonly servers?: readonly FakeServer[]
  /** Default of each: 1450 bytes, no IPv6. */
  readonly networks?: readonly (Partial<Network> & Pick<Network, 'id'>)[]
  /** Called when a server runs on another host from now on. */
  readonly onMoved?: (server: Server) => void
  /** Called before and after each change; what it throws is the end of this controller, not of nova's work. */
  readonly moment?: (moment: 'asked' | 'done', verb: string) => void
}

/** A cloud in memory. Nova's name of the host that servers move to is `elsewhere`. */
export interface FakeCloud {
  /** For tests: the port under every name of a cloud. */
  readonly port: Ports['cloud']
  readonly services: Map<string, ComputeService>
  readonly servers: Map<string, Server>
  readonly networks: Map<string, Network>
  /** What was changed, in order, such as `disable hv-01 (runbook test)`. */
  readonly changes: string[]
  /** Set, every call throws it. */
  failure: Error | null
}

interface Moving {
  looks: number
  readonly end: (server: Server) => Server
}

export function fakeCloud(options: FakeCloudOptions = {}): FakeCloud {
  const { onMoved = () => {}, moment = () => {} } = options
  const lives = new Map<string, FakeMove>()
  const moving = new Map<string, Moving>()
  const cloud: FakeCloud = {
    port: () => port,
    services: new Map((options.services ?? []).map((service) => [service.host, { ...UP, ...service }])),
    servers: new Map(
      (options.servers ?? []).map(({ live = 'moves', ...server }, index) => {
        const id = server.id ?? `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`
        lives.set(id, live)
        return [id, { ...ACTIVE, ...server, id }]
      }),
    ),
    networks: new Map((options.networks ?? []).map((network) => [network.id, { ...VXLAN, ...network }])),
    changes: [],
    failure: null,
  }
  const answers = () => {
    if (cloud.failure) throw cloud.failure
  }
  const serverOf = (id: string): Server => {
    const server = cloud.servers.get(id)
    if (server) return server
    throw refused(`No server with a name or ID of '${id}' exists.`)
  }
  const networkOf = (id: string): Network => {
    const network = cloud.networks.get(id)
    if (network) return network
    throw refused(`No Network found for ${id}`)
  }
  const change = (verb: string, what: string, act: () => void) => {
    answers()
    moment('asked', verb)
    act()
    cloud.changes.push(`${verb} ${what}`)
    moment('done', verb)
  }
  const setService = (host: string, change: Partial<ComputeService>) => {
    const service = cloud.services.get(host)
    if (!service) throw refused(`Compute service for host "${host}" not found.`)
    cloud.services.set(host, { ...service, ...change })
  }
  const begin = (id: string, task: string, end: Moving['end']) => {
    cloud.servers.set(id, { ...serverOf(id), task })
    moving.set(id, { looks: 2, end })
  }
  /** Nova goes on while nobody looks; here it goes on when somebody does. */
  const goOn = () => {
    for (const [id, one] of moving) {
      one.looks -= 1
      if (one.looks > 0) continue
      moving.delete(id)
      const before = serverOf(id)
      const after = one.end({ ...before, task: null })
      cloud.servers.set(id, after)
      if (after.host !== before.host) onMoved(after)
    }
  }
  const port: ReturnType<FakeCloud['port']> = {
    async computeServices() {
      answers()
      return [...cloud.services.values()]
    },
    async servers(computeHost) {
      answers()
      goOn()
      return [...cloud.servers.values()]
        .filter(({ host }) => host === computeHost)
        .map((one) => ({ ...one, fault: null }))
    },
    async server(id) {
      answers()
      return serverOf(id)
    },
    async network(id) {
      answers()
      return networkOf(id)
    },
    async disable(host, reason) {
      change('disable', `${host} (${reason})`, () => setService(host, { status: 'disabled', reason }))
    },
    async enable(host) {
      change('enable', host, () => setService(host, { status: 'enabled', reason: null }))
    },
    async liveMigrate(id) {
      const { name, status, task } = serverOf(id)
      if (lives.get(id) === 'refused') throw refused('No valid host was found.')
      if (task !== null || (status !== 'ACTIVE' && status !== 'PAUSED')) throw refused(`${name} is ${task ?? status}`)
      change('live-migrate', name, () => begin(id, 'migrating', LIVE_ENDS[lives.get(id) ?? 'moves']))
      if (lives.get(id) === 'hangs') moving.delete(id)
    },
    async coldMigrate(id) {
      const { name, status, task } = serverOf(id)
      if (task !== null || (status !== 'ACTIVE' && status !== 'SHUTOFF')) throw refused(`${name} is ${task ?? status}`)
      change('migrate', name, () =>
        begin(id, 'resize_migrating', (server) => ({ ...server, host: 'elsewhere', status: 'VERIFY_RESIZE' })),
      )
    },
    async confirmMove(id) {
      const server = serverOf(id)
      if (server.status !== 'VERIFY_RESIZE') throw refused(`${server.name} is ${server.status}`)
      change('confirm', server.name, () => cloud.servers.set(id, { ...server, status: 'ACTIVE' }))
    },
    async setNetworkMtu(id, mtu) {
      const network = networkOf(id)
      if (mtu > LARGEST_MTU) throw refused(`Requested MTU is too big, maximum is ${LARGEST_MTU}`)
      change('set-mtu', `${network.name} ${mtu}`, () => cloud.networks.set(id, { ...network, mtu }))
    },
  }
  return cloud
}

/** What fits VXLAN over cards of 1500. */
const LARGEST_MTU = 1450
const VXLAN = { name: 'net', mtu: LARGEST_MTU, ipv6: false } as const
const UP = { status: 'enabled', state: 'up', reason: null } as const
const ACTIVE = { status: 'ACTIVE', task: null, fault: null } as const

const LIVE_ENDS: Readonly<Record<FakeMove, Moving['end']>> = {
  moves: (server) => ({ ...server, host: 'elsewhere' }),
  refused: (server) => server,
  'comes-back': (server) => server,
  breaks: (server) => ({ ...server, status: 'ERROR', fault: 'Live Migration failure: operation failed' }),
  hangs: (server) => server,
}

const refused = (text: string): CommandFailed =>
  new CommandFailed(`openstack: ${text} (HTTP 409)`, { code: 'E_CLOUD_REFUSED', exitCode: 1, tail: text })
