import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import { RunbookError } from '../model/errors.ts'
import { testHostImage } from './docker/images.ts'
import { withLock } from './docker/lock.ts'
import { type Consent, needPrograms } from './docker/packages.ts'
import { cacheFolder } from './docker/places.ts'
import { processIdentity } from './docker/process-identity.ts'
import { told } from './docker/progress.ts'
import { type DockerEngine, dockerEngine } from './docker-engine.ts'
import { type ContainerHost, containerHost } from './hosts/container-host.ts'
import { KEPT_LABEL, OWNER_LABEL } from './hosts/container-labels.ts'
import { containerPorts, containersOf, removeContainers, removeOrphans } from './hosts/containers.ts'
import type { Flavour, HostModel } from './hosts/host-model.ts'
import {
  type HostSet,
  hostName,
  makeSet,
  ownSetName,
  removeFiles,
  SetExists,
  setFiles,
  writeAccess,
} from './hosts/host-set.ts'
import { CONTAINER_PORTS, freePorts } from './hosts/ports.ts'
import { needWatches } from './hosts/watches.ts'

export interface HostsRequest extends Consent {
  readonly count: number
  /** Name of the set, of which there may be several. Default: a name of its own for this process. */
  readonly set?: string
  /** What they are built as. Default `debian`. */
  readonly flavour?: Flavour
  /** What kind of machine each plays, by its place in the set. */
  readonly model?: (index: number) => HostModel
  /** Variables of the inventory's group `hypervisors`. */
  readonly vars?: Readonly<Record<string, unknown>>
  /** They outlive this process, and the daemon stays up for them. Default false. */
  readonly keep?: boolean
}

export type ContainerSet = HostSet<ContainerHost>

/** Brings up hosts side by side, named rb-01 and on. What killed processes left behind is removed first. */
export async function upHosts(request: HostsRequest): Promise<ContainerSet> {
  const { say, count, set = ownSetName(), flavour = 'debian', vars = {} } = request
  await needPrograms(['ssh-keygen'], request)
  const engine = await dockerEngine(request)
  try {
    const image = await testHostImage(engine, flavour, request)
    for (const orphan of await removeOrphans(engine)) await removeFiles(orphan)
    await needWatches(count, say)
    if ((await containersOf(engine, set)).length > 0) throw new SetExists(set)
    const publicKey = await makeSet(set)
    const hosts = await told(say, `bring up ${count} test hosts`, () =>
      startAll(engine, image, request, set, publicKey),
    )
    await writeAccess(set, { hosts, vars, overrides: OVERRIDES })
    return hostSet(engine, set, hosts)
  } catch (error) {
    if (!(error instanceof SetExists)) await removeSet(engine, set)
    await engine.leave()
    throw error
  }
}

/** Removes a set, made by whatever process. Gives how many hosts it had. */
export async function downHosts(set: string, consent: Consent): Promise<number> {
  const engine = await dockerEngine(consent)
  return down(engine, set)
}

/** A kept set, made by whatever process. Throws RunbookError where there is none of this name. */
export async function findHosts(set: string, consent: Consent): Promise<ContainerSet> {
  const engine = await dockerEngine(consent)
  const hosts = (await containersOf(engine, set)).map((place) => containerHost(engine, place))
  if (hosts.length > 0) return hostSet(engine, set, hosts)
  await engine.leave()
  throw new RunbookError(`no test hosts of the set "${set}" are up`, { remedy: 'Bring them up: runbook hosts up' })
}

/** What no container can satisfy. */
const OVERRIDES = { E_CONTAINER_KERNEL: 'rehearsal on a container host that emulates its kernel' }

function hostSet(engine: DockerEngine, set: string, hosts: readonly ContainerHost[]): ContainerSet {
  return {
    ...setFiles(set),
    set,
    hosts,
    overrides: OVERRIDES,
    vars: {},
    down: async () => {
      await down(engine, set)
    },
    leave: engine.leave,
  }
}

async function startAll(
  engine: DockerEngine,
  image: string,
  { count, model = () => ({}), keep = false }: HostsRequest,
  set: string,
  publicKey: string,
): Promise<readonly ContainerHost[]> {
  // testcontainers takes the daemon, and the wish for no watcher container, from these variables alone.
  env.DOCKER_HOST = `unix://${engine.socket}`
  env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  const { DebianContainer } = await import('./hosts/debian-container.ts')
  const labels = { [KEPT_LABEL]: String(keep), ...(keep ? {} : { [OWNER_LABEL]: processIdentity() }) }
  const cgroups = await cgroupVersion()
  const starting = await withLock(join(cacheFolder(), 'ports.lock'), async () => {
    const ports = await freePorts(CONTAINER_PORTS, count, await containerPorts(engine))
    const each = ports.map((port, index) => {
      const name = hostName(index)
      const wanted = { image, set, name, port, model: model(index), publicKey, labels }
      const debian = new DebianContainer(wanted).withCgroups(cgroups)
      const started = debian.start().then(
        (container) => containerHost(engine, { name, port, container: container.getId() }),
        (error: unknown) => Promise.reject(notUp(name, debian.console, error)),
      )
      return { known: debian.known.promise, started }
    })
    // The next to choose ports sees these once Docker knows the containers; booting needs no lock.
    await Promise.all(each.map(({ known, started }) => Promise.race([known, started.catch(() => undefined)])))
    return each
  })
  return Promise.all(starting.map(({ started }) => started))
}

/** Says what is needed to see why systemd did not come up in a container. */
function notUp(name: string, console: readonly string[], cause: unknown): RunbookError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const facts = ['/proc/filesystems', '/proc/self/cgroup'].map(
    (path) => `${path}:\n${readFileSync(path, 'utf8').trim()}`,
  )
  return new RunbookError(
    [`test host ${name} did not come up: ${reason}`, 'Its console:', ...console, 'This machine:', ...facts].join('\n'),
    { code: 'E_TEST_HOST', remedy: 'It needs cgroups, and a Docker daemon that runs as root.', cause },
  )
}

async function cgroupVersion(): Promise<1 | 2> {
  return readFile('/sys/fs/cgroup/cgroup.controllers').then(
    () => 2,
    () => 1,
  )
}

async function down(engine: DockerEngine, set: string): Promise<number> {
  const count = await removeSet(engine, set)
  await engine.leave()
  return count
}

async function removeSet(engine: DockerEngine, set: string): Promise<number> {
  const count = await removeContainers(engine, await containersOf(engine, set))
  await removeFiles(set)
  return count
}
