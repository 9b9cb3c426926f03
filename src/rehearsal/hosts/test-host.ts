import type { Answer } from '../../model/fact.ts'
import { dockerApi } from '../docker/docker-api.ts'
import { localAnswer } from '../docker/local-command.ts'
import { findProgram } from '../docker/packages.ts'
import type { DockerEngine } from '../docker-engine.ts'
import { COUNTS_FOLDER, type Counts, type HostModel, MODEL_PATH } from './host-model.ts'

/** One throw-away host, seen from outside: not over SSH, but as whoever stands at the machine. */
export interface TestHost {
  readonly name: string
  /** On 127.0.0.1; the same after every reboot. */
  readonly port: number
  /** Id of its container. */
  readonly container: string
  /** Runs shell text in it as root, whatever its sshd does. */
  inside(script: string, input?: string): Promise<Answer>
  model(): Promise<HostModel>
  /** Changes the machine that it plays, while it runs. */
  change(model: Partial<HostModel>): Promise<void>
  /** What the host counted by itself, oldest first. */
  counted<Kind extends keyof Counts>(kind: Kind): Promise<readonly Counts[Kind][]>
  /** Paths that differ from the image, each with C (changed), A (added) or D (deleted) before it. */
  written(): Promise<readonly string[]>
  /** Power off and on, without asking the host. */
  powerCycle(): Promise<void>
}

interface Change {
  readonly Path: string
  readonly Kind: 0 | 1 | 2
}

/** The handle of a running container. */
export function testHost(engine: DockerEngine, place: Pick<TestHost, 'name' | 'port' | 'container'>): TestHost {
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
      { deadline: '1m', ...(input === undefined ? {} : { input }) },
    )
  const model = async () => JSON.parse((await inside(`cat ${MODEL_PATH}`)).stdout) as HostModel
  return {
    ...place,
    inside,
    model,
    async change(change) {
      const text = `${JSON.stringify({ ...(await model()), ...change }, null, 2)}\n`
      await inside(`cat >${MODEL_PATH}.new && mv ${MODEL_PATH}.new ${MODEL_PATH}`, text)
    },
    async counted<Kind extends keyof Counts>(kind: Kind) {
      const { stdout } = await inside(`cat ${COUNTS_FOLDER}/${kind} 2>/dev/null`)
      const lines = stdout.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Counts[Kind])
    },
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
