import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ComputeService, Server } from '../../src/model/cloud.ts'
import { CommandFailed } from '../../src/model/errors.ts'
import type { Json } from '../../src/model/json.ts'
import type { FakeCloud } from '../../src/testing.ts'

/** What a test may do to the stand-in. */
export interface StandInApi {
  /** OS_* variables with which a client reaches it, the password among them. */
  readonly environment: Readonly<Record<string, string>>
  /** `METHOD path` of each request, in order. */
  readonly requests: string[]
  /** Newest microversion that its nova knows. Default 2.93. */
  newest: string
  /** Set, every request to nova is answered with this status. */
  nova: 200 | 403 | 503 | 'silent'
  close(): Promise<void>
}

export const PASSWORD = 'a-password-that-nobody-may-see'

/** Keystone and the part of nova that draining needs, over HTTP, with a fake cloud behind them. */
export async function standInApi(cloud: FakeCloud): Promise<StandInApi> {
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/' } = request
    api.requests.push(`${method} ${url}`)
    bodyOf(request)
      .then(async (body) => {
        if (api.nova === 'silent' && url.startsWith('/compute')) return
        const asked = { method, url: new URL(url, base), body, microversion: microversionOf(request) }
        const { status, json, headers } = await answer(asked, { cloud, api, base })
        response.writeHead(status, { 'content-type': 'application/json', ...headers })
        response.end(json === undefined ? '' : JSON.stringify(json))
      })
      .catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an address with a port.
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const api: StandInApi = {
    environment: {
      OS_AUTH_URL: `${base}/identity/v3`,
      OS_USERNAME: 'admin',
      OS_PASSWORD: PASSWORD,
      OS_PROJECT_NAME: 'admin',
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: 'RegionOne',
    },
    requests: [],
    newest: '2.93',
    nova: 200,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return api
}

interface Asked {
  readonly method: string
  readonly url: URL
  readonly body: unknown
  /** As 25 of 2.25. */
  readonly microversion: number
}

interface Behind {
  readonly cloud: FakeCloud
  readonly api: StandInApi
  readonly base: string
}

interface Answer {
  readonly status: number
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

async function answer(asked: Asked, behind: Behind): Promise<Answer> {
  const { pathname } = asked.url
  if (pathname.startsWith('/identity')) return identity(asked, behind)
  if (pathname.startsWith('/image')) return images(asked, behind)
  if (pathname.startsWith('/network')) return neutron(asked, behind)
  if (!pathname.startsWith('/compute')) return fault(404, 'no such service')
  if (behind.api.nova === 403)
    return fault(403, "Policy doesn't allow os_compute_api:os-services:list to be performed.")
  if (behind.api.nova === 503) return fault(503, 'Service Unavailable')
  try {
    return await nova(asked, behind)
  } catch (error) {
    if (error instanceof CommandFailed) return fault(409, error.tail)
    throw error
  }
}

function identity({ method, url, body }: Asked, { base }: Behind): Answer {
  const links = [{ rel: 'self', href: `${base}/identity/v3/` }]
  const version = { id: 'v3.14', status: 'stable', links, 'media-types': [] }
  if (method === 'GET') return { status: 200, json: { version } }
  if (url.pathname !== '/identity/v3/auth/tokens') return fault(404, 'Not Found')
  // What the client sends is of Keystone's API v3.
  const { auth } = body as { auth: { identity: { password: { user: { password: string } } } } }
  if (auth.identity.password.user.password !== PASSWORD) {
    return fault(401, 'The request you have made requires authentication.')
  }
  const endpoint = (type: string, path: string) => ({
    type,
    name: type,
    id: type,
    endpoints: ['public', 'internal', 'admin'].map((face) => ({
      id: `${type}-${face}`,
      interface: face,
      region: 'RegionOne',
      region_id: 'RegionOne',
      url: `${base}${path}`,
    })),
  })
  const domain = { id: 'default', name: 'Default' }
  const token = {
    methods: ['password'],
    user: { id: 'admin', name: 'admin', domain },
    project: { id: 'admin', name: 'admin', domain },
    roles: [{ id: 'admin', name: 'admin' }],
    expires_at: '2099-01-01T00:00:00.000000Z',
    issued_at: '2020-01-01T00:00:00.000000Z',
    audit_ids: ['stand-in'],
    // The client lists servers only where there are images, whether it asks for them or not.
    catalog: [
      endpoint('compute', '/compute/v2.1'),
      endpoint('identity', '/identity/v3'),
      endpoint('image', '/image'),
      endpoint('network', '/network'),
    ],
  }
  return { status: 201, json: { token }, headers: { 'x-subject-token': 'a-token' } }
}

function images({ url }: Asked, { base }: Behind): Answer {
  if (!/^\/image\/?$/.test(url.pathname)) return fault(404, 'No image found')
  const links = [{ rel: 'self', href: `${base}/image/v2/` }]
  return { status: 300, json: { versions: [{ id: 'v2.9', status: 'CURRENT', links }] } }
}

/** As neutron 21 answers, with the fields that its client reads. */
async function neutron({ method, url, body }: Asked, { cloud, base }: Behind): Promise<Answer> {
  const path = url.pathname.replace(/^\/network\/?/, '')
  const links = [{ rel: 'self', href: `${base}/network/v2.0/` }]
  if (path === '') return { status: 200, json: { versions: [{ id: 'v2.0', status: 'CURRENT', links }] } }
  if (path === 'v2.0/extensions') return { status: 200, json: { extensions: [] } }
  if (path === 'v2.0/subnets') {
    const network = cloud.networks.get(url.searchParams.get('network_id') ?? '')
    const subnet = { id: '22222222-0000-4000-8000-000000000000', name: 'six', cidr: 'fd00:1::/64', ip_version: 6 }
    const asked = url.searchParams.get('ip_version') === '6' && network?.ipv6
    return { status: 200, json: { subnets: asked ? [subnet] : [] } }
  }
  const [, id = ''] = /^v2\.0\/networks\/([^/]+)$/.exec(path) ?? []
  const network = cloud.networks.get(id)
  if (!network)
    return path === 'v2.0/networks'
      ? { status: 200, json: { networks: [] } }
      : fault(404, `Network ${id} could not be found.`)
  // What the client sends is of neutron's API v2.0.
  const wish = (body ?? {}) as { readonly network?: { readonly mtu: number } }
  try {
    if (method === 'PUT' && wish.network) await cloud.port('stand-in').setNetworkMtu(id, wish.network.mtu)
  } catch (error) {
    const message = error instanceof CommandFailed ? error.tail : String(error)
    return { status: 400, json: { NeutronError: { type: 'InvalidInput', message, detail: '' } } }
  }
  const { name, mtu } = cloud.networks.get(id) ?? network
  return { status: 200, json: { network: { id, name, mtu, status: 'ACTIVE', admin_state_up: true, subnets: [] } } }
}

async function nova({ method, url, body, microversion }: Asked, { cloud, api, base }: Behind): Promise<Answer> {
  const port = cloud.port('stand-in')
  const path = url.pathname.replace(/^\/compute\/v2\.1\/?/, '')
  // Every body of nova's API is an object.
  const sent = (body ?? {}) as Readonly<Record<string, Json>>
  if (path === '') {
    const links = [{ rel: 'self', href: `${base}/compute/v2.1/` }]
    const version = { id: 'v2.1', status: 'CURRENT', version: api.newest, min_version: '2.1', updated: '', links }
    return { status: 200, json: { version } }
  }
  if (microversion > Number(api.newest.split('.')[1])) {
    const text = `Version 2.${microversion} is not supported by the API. Minimum is 2.1 and maximum is ${api.newest}.`
    return fault(406, text)
  }
  if (method === 'GET' && path === 'os-services') {
    return { status: 200, json: { services: (await port.computeServices()).map(serviceText) } }
  }
  if (method === 'PUT' && path === 'os-services/enable') {
    await port.enable(String(sent.host))
    return { status: 200, json: { service: { ...sent, status: 'enabled' } } }
  }
  if (method === 'PUT' && path === 'os-services/disable-log-reason') {
    await port.disable(String(sent.host), String(sent.disabled_reason))
    return { status: 200, json: { service: { ...sent, status: 'disabled' } } }
  }
  if (method === 'GET' && path === 'servers/detail') {
    const host = url.searchParams.get('host')
    if (host === null || url.searchParams.get('all_tenants') === null) return fault(400, 'which host of all projects?')
    return { status: 200, json: { servers: (await port.servers(host)).map(serverText) } }
  }
  const [, id = '', action] = /^servers\/([^/]+)(\/action)?$/.exec(path) ?? []
  if (!cloud.servers.has(id)) return fault(404, `Instance ${id} could not be found.`)
  if (method === 'GET' && action === undefined)
    return { status: 200, json: { server: serverText(await port.server(id)) } }
  if ('os-migrateLive' in sent) await port.liveMigrate(id)
  else if ('migrate' in sent) await port.coldMigrate(id)
  else if ('confirmResize' in sent) await port.confirmMove(id)
  else return fault(400, 'an action that the stand-in does not know')
  return { status: 202 }
}

/** As nova 26 answers GET /os-services at microversion 2.25. */
const serviceText = ({ host, status, state, reason }: ComputeService, index: number) => ({
  id: index + 1,
  binary: 'nova-compute',
  disabled_reason: reason,
  host,
  state,
  status,
  updated_at: '2026-01-01T00:00:00.000000',
  forced_down: false,
  zone: 'nova',
})

/** As nova 26 answers GET /servers/ID at microversion 2.25, with the fields that its client reads. */
const serverText = ({ id, name, status, task, host, fault: said }: Server) => ({
  id,
  name,
  status,
  tenant_id: 'tenant',
  user_id: 'tenant',
  metadata: {},
  hostId: '',
  image: { id: '11111111-0000-4000-8000-000000000000', links: [] },
  flavor: { id: '1', links: [] },
  created: '2026-01-01T00:00:00Z',
  updated: '2026-01-01T00:00:00Z',
  addresses: {},
  accessIPv4: '',
  accessIPv6: '',
  links: [],
  'OS-DCF:diskConfig': 'AUTO',
  progress: 0,
  'OS-EXT-AZ:availability_zone': 'nova',
  config_drive: '',
  key_name: null,
  'OS-SRV-USG:launched_at': '2026-01-01T00:00:00.000000',
  'OS-SRV-USG:terminated_at': null,
  'OS-EXT-SRV-ATTR:host': host,
  'OS-EXT-SRV-ATTR:instance_name': `instance-${id.slice(-8)}`,
  'OS-EXT-SRV-ATTR:hypervisor_hostname': host,
  'OS-EXT-STS:task_state': task,
  'OS-EXT-STS:vm_state': status === 'ERROR' ? 'error' : 'active',
  'OS-EXT-STS:power_state': 1,
  'os-extended-volumes:volumes_attached': [],
  security_groups: [{ name: 'default' }],
  ...(said === null ? {} : { fault: { code: 500, created: '2026-01-01T00:00:00Z', message: said } }),
})

const fault = (status: number, message: string): Answer => ({ status, json: { error: { code: status, message } } })

function microversionOf({ headers }: IncomingMessage): number {
  const wanted = String(headers['x-openstack-nova-api-version'] ?? headers['openstack-api-version'] ?? '')
  return Number(/2\.(\d+)/.exec(wanted)?.[1] ?? 1)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? undefined : JSON.parse(text)
}
