import { setTimeout as sleep } from 'node:timers/promises'
import { dockerApi, isConflict } from '../docker/docker-api.ts'
import { isAlive } from '../docker/process-identity.ts'
import type { DockerEngine } from '../docker-engine.ts'
import type { ContainerPlace } from './container-host.ts'
import { NAME_LABEL, OWNER_LABEL, PORT_LABEL, SET_LABEL } from './container-labels.ts'

interface Listed {
  readonly Id: string
  readonly Labels: Readonly<Record<string, string>>
}

/** Containers of a set, by name. */
export async function containersOf(engine: DockerEngine, set: string): Promise<readonly ContainerPlace[]> {
  const listed = await ours(engine, `${SET_LABEL}=${set}`)
  return listed.map(place).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Removes hosts of processes that died, and no other container. Gives the names of their sets. */
export async function removeOrphans(engine: DockerEngine): Promise<readonly string[]> {
  const orphans = (await ours(engine, SET_LABEL)).filter(({ Labels }) => {
    const owner = Labels[OWNER_LABEL]
    return owner !== undefined && !isAlive(owner)
  })
  await removeContainers(engine, orphans.map(place))
  return [...new Set(orphans.map(({ Labels }) => Labels[SET_LABEL] ?? ''))].filter((set) => set !== '')
}

/** Removes these containers at once, running or not, and waits until they are gone. Gives how many. */
export async function removeContainers(engine: DockerEngine, places: readonly ContainerPlace[]): Promise<number> {
  await Promise.all(places.map(({ container }) => remove(engine, container)))
  return places.length
}

/** Another process may be removing the same orphan right now: then Docker answers 409, and its end is awaited. */
async function remove({ socket }: DockerEngine, container: string): Promise<void> {
  const path = `/containers/${container}`
  const request = { method: 'DELETE', deadlineSeconds: 60 } as const
  await dockerApi(socket, `${path}?force=1&v=1`, request).catch(async (error: unknown) => {
    const deadline = performance.now() + 60_000
    while ((await dockerApi(socket, `${path}/json`)) !== undefined) {
      if (!isConflict(error) || performance.now() > deadline) throw error
      await sleep(200)
    }
  })
}

/** Ports of all containers of ours, running or rebooting. */
export async function containerPorts(engine: DockerEngine): Promise<ReadonlySet<number>> {
  return new Set((await ours(engine, SET_LABEL)).map((listed) => place(listed).port))
}

async function ours(engine: DockerEngine, label: string): Promise<readonly Listed[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
  return (await dockerApi<Listed[]>(engine.socket, `/containers/json?all=1&filters=${filters}`)) ?? []
}

const place = ({ Id, Labels }: Listed): ContainerPlace => ({
  name: Labels[NAME_LABEL] ?? Id,
  port: Number(Labels[PORT_LABEL]),
  container: Id,
})
