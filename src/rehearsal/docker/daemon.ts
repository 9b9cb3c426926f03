import { spawn } from 'node:child_process'
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../../model/errors.ts'
import { dockerAnswers, dockerApi } from './docker-api.ts'
import { localAnswer, localCommand } from './local-command.ts'
import { withLock } from './lock.ts'
import { findProgram } from './packages.ts'
import type { DaemonPlaces } from './places.ts'
import { isAlive, processIdentity } from './process-identity.ts'

/** Starts a daemon of ours that leaves the machine's forwarding and firewall alone. Call it under the daemon's lock. */
export async function startDaemon(places: DaemonPlaces): Promise<void> {
  for (const folder of [places.data, places.exec, places.users]) await mkdir(folder, { recursive: true, mode: 0o700 })
  await endStaleDaemon(places)
  await makeBridge(places.bridge)
  const log = await open(places.log, 'w')
  const daemon = spawn(findProgram('dockerd') ?? 'dockerd', daemonArguments(places), {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  const ended = new Promise<string>((resolve) => {
    daemon.once('error', (error) => resolve(String(error)))
    daemon.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`))
  })
  daemon.unref()
  await log.close()
  const trouble = await Promise.race([ended, answeringWithin(places.socket, 30)])
  if (trouble === '') return
  const tail = (await readFile(places.log, 'utf8').catch(() => '')).trim().split('\n').slice(-12).join('\n')
  throw new RunbookError(`our Docker daemon did not start: ${trouble}\n${tail}`, {
    code: 'E_DOCKER',
    remedy: `Its log is ${places.log}. A Docker daemon that runs already is used instead: start the stock one and try again.`,
  })
}

/** How often this process has joined each daemon and not left it yet. */
const uses = new Map<string, number>()

/** Notes that this process uses the daemon, so that no other stops it meanwhile. */
export async function joinDaemon(places: DaemonPlaces): Promise<void> {
  uses.set(places.folder, (uses.get(places.folder) ?? 0) + 1)
  await mkdir(places.users, { recursive: true, mode: 0o700 })
  await writeFile(join(places.users, processIdentity()), '')
}

/** Ends one use by this process. The last user stops the daemon, by its id, unless test hosts are kept on it. */
export async function leaveDaemon(places: DaemonPlaces, keptLabel: string): Promise<void> {
  const left = (uses.get(places.folder) ?? 0) - 1
  uses.set(places.folder, Math.max(left, 0))
  if (left > 0) return
  await withLock(places.lock, async () => {
    await rm(join(places.users, processIdentity()), { force: true })
    const users = await readdir(places.users).catch(() => [])
    await Promise.all(
      users.filter((user) => !isAlive(user)).map((user) => rm(join(places.users, user), { force: true })),
    )
    if (users.some(isAlive)) return
    const filters = encodeURIComponent(JSON.stringify({ label: [keptLabel] }))
    const kept = await dockerApi<unknown[]>(places.socket, `/containers/json?all=1&filters=${filters}`).catch(() => [])
    if (kept?.length) return
    await stopDaemon(places)
  })
}

/** Stops our daemon by the id in its pid file and waits until it is gone. */
export async function stopDaemon(places: DaemonPlaces): Promise<void> {
  const pid = await daemonPid(places)
  if (pid === undefined) return
  const identity = processIdentity(pid)
  process.kill(pid, 'SIGTERM')
  for (let attempt = 0; attempt < 300 && isAlive(identity); attempt += 1) await sleep(100)
  await localAnswer(['ip', 'link', 'delete', places.bridge])
  // The one mount that a stopped daemon leaves behind; with it the folder could not be removed.
  await localAnswer(['umount', join(places.exec, 'netns/default')])
}

const daemonArguments = (places: DaemonPlaces): readonly string[] => [
  `--host=unix://${places.socket}`,
  `--data-root=${places.data}`,
  `--exec-root=${places.exec}`,
  `--pidfile=${places.pidFile}`,
  `--bridge=${places.bridge}`,
  '--iptables=false',
  '--ip-forward=false',
  '--ip-masq=false',
  '--log-level=warn',
]

/** A pid file without an answering daemon: of a killed one, or of one that hangs. */
async function endStaleDaemon(places: DaemonPlaces): Promise<void> {
  const pid = await daemonPid(places)
  if (pid !== undefined) {
    const identity = processIdentity(pid)
    process.kill(pid, 'SIGKILL')
    for (let attempt = 0; attempt < 50 && isAlive(identity); attempt += 1) await sleep(100)
  }
  await rm(places.pidFile, { force: true })
}

/** The daemon's id, only if that process is a dockerd with our pid file in its words. */
async function daemonPid(places: DaemonPlaces): Promise<number | undefined> {
  const pid = Number((await readFile(places.pidFile, 'utf8').catch(() => '')).trim())
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return words.includes(`--pidfile=${places.pidFile}`) ? pid : undefined
}

/** The default bridge's name belongs to a stock daemon; ours gets the first free network of a small private range. */
async function makeBridge(bridge: string): Promise<void> {
  if ((await localAnswer(['ip', 'link', 'show', bridge])).exitCode === 0) return
  const routes = await localCommand(['ip', '-4', 'route', 'show', 'table', 'all'])
  const network = Array.from({ length: 64 }, (_, index) => `10.213.${index * 4}`).find(
    (candidate) => !routes.includes(`${candidate}.`),
  )
  if (!network) throw new RunbookError('no free network for the test hosts between 10.213.0.0 and 10.213.252.0')
  await localCommand(['ip', 'link', 'add', bridge, 'type', 'bridge'])
  await localCommand(['ip', 'address', 'add', `${network}.1/24`, 'dev', bridge])
  await localCommand(['ip', 'link', 'set', bridge, 'up'])
}

async function answeringWithin(socket: string, seconds: number): Promise<string> {
  for (let attempt = 0; attempt < seconds * 20; attempt += 1) {
    if (await dockerAnswers(socket)) return ''
    await sleep(50)
  }
  return `no answer on ${socket} within ${seconds}s`
}
