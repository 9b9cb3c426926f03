import hugepages from '../../../runbooks/hugepages-1g.ts'
import type { Recorded } from '../../../src/model/event.ts'
import { type FakeServer, fakeCloud, type RunOnOptions, runOn } from '../../../src/testing.ts'
import { SMALL } from '../facts-of-a-host.ts'
import { fakeHypervisor } from '../fake-hypervisor.ts'

/** Parameters with which hugepages-1g moves guests away and reboots. */
export const MIGRATE = { ...SMALL, drain: 'migrate', cloud: 'prod' }
/** nova's name of the host: the long one that it has itself. */
export const COMPUTE = 'hv-01.example'

export interface DrainedHostOptions {
  readonly servers?: readonly Omit<FakeServer, 'host'>[]
  readonly service?: { readonly status?: 'disabled'; readonly reason?: string | null; readonly state?: 'down' }
}

/** A hypervisor whose guests are servers of a cloud: what nova moves away no longer runs there. */
export function drainedHost({ servers = [], service = {} }: DrainedHostOptions = {}) {
  const cloud = fakeCloud({
    services: [{ host: 'hv-02' }, { host: COMPUTE, ...service }],
    servers: servers.map((server) => ({ host: COMPUTE, ...server })),
    onMoved: ({ id }) => {
      machine.state.guests = machine.state.guests.filter((guest) => guest !== id)
    },
  })
  const running = [...cloud.servers.values()].filter(({ status }) => status !== 'SHUTOFF').map(({ id }) => id)
  const machine = fakeHypervisor({ guests: running })
  const glimpses: string[] = []
  const rows: Recorded[] = []
  return {
    machine,
    host: machine.host,
    cloud,
    glimpses,
    rows,
    serviceNow: () => {
      const { status, reason } = cloud.services.get(COMPUTE) ?? {}
      return reason === null ? status : `${status}: ${reason}`
    },
    run: (params: object = MIGRATE, options: RunOnOptions = {}) =>
      runOn(hugepages, params, [machine.host], {
        cloud: cloud.port,
        onGlimpse: (_host, _step, line) => glimpses.push(line),
        ...options,
      }),
  }
}

/** What happened to the host and to nova's view of it, in order, as the host was told. */
export const storyOf = (changes: readonly string[]): readonly string[] =>
  changes.flatMap((change) => {
    const [, what = '', whose = ''] = /^: '([^']*)' '([^']*)'$/.exec(change) ?? []
    return what === '' ? [] : [`${what} ${whose.replace(/^.*-0{11}/, 'server ')}`]
  })
