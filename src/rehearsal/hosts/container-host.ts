import { dockerApi } from '../docker/docker-api.ts'
import { localAnswer } from '../docker/local-command.ts'
import { findProgram } from '../docker/packages.ts'
import type { DockerEngine } from '../docker-engine.ts'
import { type HostModel, MODEL_PATH } from './host-model.ts'
import { countedBy, type TestHost } from './test-host.ts'

/** A throw-away host that is a container: it plays a machine, which can be changed. */
export interface ContainerHost extends TestHost {
  /** Id of its container. */
  readonly container: string
  model(): Promise<HostModel>
  /** Changes the machine that it plays, while it runs. */
  change(model: Partial<HostModel>): Promise<void>
}

/** Where a container is, by its labels. */
export type ContainerPlace = Pick<ContainerHost, 'name' | 'port' | 'container'>

interface Change {
  readonly Path: string
  readonly Kind: 0 | 1 | 2
}

/** The handle of a running container. */
export function containerHost(engine: DockerEngine, place: ContainerPlace): ContainerHost {
  const inside: TestHost['inside'] = (script, input) =>
    localAnswer(
      [
        findProgram('docker') ?? 'docker',
        '--host',
        `unix://${engine.socket}`,
        'exec',
        ...(input === undefined ? [] : ['--interactive']),
        place.container,
        'sh',
        '-c',
        script,
      ],
      // A look at all files and settings starts thousands of programs.
      { deadline: '5m', ...(input === undefined ? {} : { input }) },
    )
  const model = async () => JSON.parse((await inside(`cat ${MODEL_PATH}`)).stdout) as HostModel
  const change: ContainerHost['change'] = async (wanted) => {
    const text = `${JSON.stringify({ ...(await model()), ...wanted }, null, 2)}\n`
    await inside(`cat >${MODEL_PATH}.new && mv ${MODEL_PATH}.new ${MODEL_PATH}`, text)
  }
  return {
    ...place,
    inside,
    model,
    change,
    counted: (kind) => countedBy(inside, kind),
    restartSlowly: (seconds) => change({ bootDelay: seconds }),
    async written() {
      // The daemon walks through all files for it, which takes its time on a busy machine.
      const path = `/containers/${place.container}/changes`
      const changes = await dockerApi<Change[]>(engine.socket, path, { deadlineSeconds: 60 })
      return (changes ?? []).map(({ Path, Kind }) => `${'CAD'[Kind]} ${Path}`)
    },
    async powerCycle() {
      await engine.docker(['restart', '--time', '0', place.container], { deadline: '1m' })
    },
  }
}
