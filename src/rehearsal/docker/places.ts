import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'

/** Where everything that can be made again is kept: `$XDG_CACHE_HOME/runbook`. */
export const cacheFolder = (): string => join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'runbook')

/** Files of the Docker daemon that we start ourselves. */
export interface DaemonPlaces {
  readonly folder: string
  readonly socket: string
  readonly data: string
  readonly exec: string
  readonly pidFile: string
  readonly log: string
  /** One empty file per process that uses the daemon, named by its identity. */
  readonly users: string
  readonly lock: string
  /** Name of its network bridge: two daemons with two folders must not share one. */
  readonly bridge: string
}

/** Places of our own daemon. Throws nothing and makes nothing. */
export function daemonPlaces(folder: string = join(cacheFolder(), 'docker')): DaemonPlaces {
  return {
    folder,
    socket: join(folder, 'docker.sock'),
    data: join(folder, 'data'),
    exec: join(folder, 'exec'),
    pidFile: join(folder, 'docker.pid'),
    log: join(folder, 'dockerd.log'),
    users: join(folder, 'users'),
    lock: join(folder, 'lock'),
    bridge: `runbook${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`,
  }
}
