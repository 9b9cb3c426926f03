import { env } from 'node:process'
import { RunbookError } from '../model/errors.ts'
import { joinDaemon, leaveDaemon, startDaemon } from './docker/daemon.ts'
import { dockerAnswers } from './docker/docker-api.ts'
import { type LocalOptions, localCommand } from './docker/local-command.ts'
import { withLock } from './docker/lock.ts'
import { type Consent, findProgram, needPrograms } from './docker/packages.ts'
import { type DaemonPlaces, daemonPlaces } from './docker/places.ts'
import { told } from './docker/progress.ts'
import { KEPT_LABEL } from './hosts/container-labels.ts'

/** A Docker daemon that answers. */
export interface DockerEngine {
  readonly socket: string
  /** Did this project start it, or was it there? */
  readonly kind: 'ours' | 'found'
  /** Runs the docker client against it and gives what it printed. Throws CommandFailed. */
  docker(words: readonly string[], options?: LocalOptions): Promise<string>
  /** Ends this process's use: the last user stops a daemon of ours, unless test hosts are kept on it. */
  leave(): Promise<void>
}

/**
 * A Docker daemon: ours if it runs, else one that the machine runs, else ours is started.
 * Programs that are missing are installed after asking. Throws RunbookError with E_DOCKER or E_MACHINE_LACKS.
 */
export async function dockerEngine(consent: Consent, places: DaemonPlaces = daemonPlaces()): Promise<DockerEngine> {
  if ((await dockerAnswers(places.socket)) && (await joinIfUp(places))) return engine(places.socket, 'ours', places)
  const found = await machinesOwnSocket()
  if (found) {
    await needPrograms(['docker'], consent)
    return engine(found, 'found', places)
  }
  await needPrograms(['dockerd', 'docker', 'ip'], consent)
  if (process.getuid?.() !== 0) {
    throw new RunbookError('no Docker daemon answers, and only root can start one', {
      code: 'E_DOCKER',
      remedy: 'Start Docker, or run this as root.',
    })
  }
  await withLock(places.lock, async () => {
    if (!(await dockerAnswers(places.socket))) {
      await told(consent.say, 'start a Docker daemon of our own', () => startDaemon(places))
    }
    await joinDaemon(places)
  })
  return engine(places.socket, 'ours', places)
}

/** Under the lock, because its last user may be stopping it right now. */
function joinIfUp(places: DaemonPlaces): Promise<boolean> {
  return withLock(places.lock, async () => {
    if (!(await dockerAnswers(places.socket))) return false
    await joinDaemon(places)
    return true
  })
}

function engine(socket: string, kind: DockerEngine['kind'], places: DaemonPlaces): DockerEngine {
  let left = kind === 'found'
  const program = findProgram('docker') ?? 'docker'
  return {
    socket,
    kind,
    docker: (words, options) =>
      localCommand([program, '--host', `unix://${socket}`, ...words], {
        ...options,
        // The classic builder: it alone gives a build the machine's network on every engine since 20.10.
        environment: { DOCKER_BUILDKIT: '0', BUILDX_NO_DEFAULT_ATTESTATIONS: '1', ...options?.environment },
      }),
    async leave() {
      if (left) return
      left = true
      await leaveDaemon(places, `${KEPT_LABEL}=true`)
    },
  }
}

/** Ports are published on this machine's loopback, so only a daemon behind a local socket serves. */
async function machinesOwnSocket(): Promise<string | undefined> {
  const named = env.DOCKER_HOST?.startsWith('unix://') ? [env.DOCKER_HOST.slice('unix://'.length)] : []
  const runtime = env.XDG_RUNTIME_DIR ? [`${env.XDG_RUNTIME_DIR}/docker.sock`] : []
  for (const socket of [...named, '/var/run/docker.sock', ...runtime]) if (await dockerAnswers(socket)) return socket
  return undefined
}
