import type { Ports } from '../engine/ports.ts'
import type { Cloud, ComputeService } from '../model/cloud.ts'
import type { Json } from '../model/json.ts'
import { makeLimit } from '../model/limit.ts'
import { cloudEnvironment, ENVIRONMENT_CLOUD, secretNames } from './cloud-environment.ts'
import { askingOpenstack } from './openstack-command.ts'
import { readComputeServices, readNetwork, readServer, readServers } from './read-answers.ts'

export interface OpenstackParts {
  /** Of the process: where the program is found, and what it is told of clouds. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Has the value of this variable filtered out of everything that is shown or stored. */
  readonly hide: (variable: string) => void
}

/**
 * Clouds as the `openstack` program of this machine reaches them: those of its clouds.yaml by their names, and the one
 * that the OS_* variables of the environment describe as `envvars`. Nothing is started before something is asked.
 */
export function openstackClouds({ environment, hide }: OpenstackParts): Ports['cloud'] {
  // Each start of the program costs about a second of a processor.
  const limit = makeLimit(3)
  const shared = new Map<string, Promise<readonly ComputeService[]>>()

  let hidden = false
  const hideSecrets = () => {
    if (!hidden) for (const variable of secretNames(environment)) hide(variable)
    hidden = true
  }

  return (name, signal): Cloud => {
    if (name === ENVIRONMENT_CLOUD) hideSecrets()
    const own = cloudEnvironment(environment, name)
    const ask = askingOpenstack({ environment: own, ...(signal ? { signal } : {}) })
    const words = [
      ...(name === ENVIRONMENT_CLOUD ? [] : ['--os-cloud', name]),
      // Nova chooses itself how disks are moved, and still says at once what cannot be moved (until 2.33).
      ...['--os-compute-api-version', '2.25'],
    ]
    const read = (noun: readonly string[]): Promise<Json> => limit(() => ask.json([...words, ...noun, '-f', 'json']))
    const change = (noun: readonly string[]): Promise<void> => limit(() => ask.nothing([...words, ...noun]))
    return {
      computeServices() {
        // Whoever asks while the question still waits for its turn gets the same answer, which is newer than asked for.
        const waiting = shared.get(name)
        if (waiting) return waiting
        const asked = limit(async () => {
          // The limit may begin at once, before the question stands there.
          await null
          shared.delete(name)
          return readComputeServices(await ask.json([...words, ...SERVICES, '-f', 'json']))
        })
        shared.set(name, asked)
        return asked
      },
      servers: async (computeHost) => readServers(await read([...SERVERS, '--host', computeHost])),
      server: async (id) => readServer(await read(['server', 'show', id])),
      async network(id) {
        const [shown, subnets] = await Promise.all([
          read(['network', 'show', id]),
          read(['subnet', 'list', '--network', id, '--ip-version', '6']),
        ])
        return readNetwork(shown, subnets)
      },
      disable: (computeHost, reason) =>
        change(['compute', 'service', 'set', '--disable', '--disable-reason', reason, computeHost, 'nova-compute']),
      enable: (computeHost) => change(['compute', 'service', 'set', '--enable', computeHost, 'nova-compute']),
      liveMigrate: (id) => change(['server', 'migrate', '--live-migration', id]),
      coldMigrate: (id) => change(['server', 'migrate', id]),
      confirmMove: (id) => change(['server', 'resize', 'confirm', id]),
      setNetworkMtu: (id, mtu) => change(['network', 'set', '--mtu', String(mtu), id]),
    }
  }
}

const SERVICES = ['compute', 'service', 'list', '--service', 'nova-compute', '--long']
const SERVERS = ['server', 'list', '--all-projects', '--long', '--no-name-lookup']
