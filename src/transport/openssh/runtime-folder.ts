import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** A private folder for the control sockets of this process. */
export interface RuntimeFolder {
  /** A path for one more socket. */
  nextSocket(): string
  close(): Promise<void>
}

export interface RuntimeFolderParts {
  /** Where the folders of all processes of this user are. Default `runbook-UID` in the system's temporary folder. */
  readonly base?: string | undefined
  /** Ends a master that nobody owns any more. */
  readonly endMaster: (socket: string) => Promise<unknown>
}

/** A socket's address has 108 bytes (104 on macOS and BSD); ssh needs 17 of them while it makes one. */
const LONGEST_BASE = 70
/** Whoever answers on it is alive: it needs no process id, and dies with its process. */
const OWNER = 'owner'

/**
 * Makes the folder, and ends what processes that died have left. Throws what the file system throws, and an Error
 * where the base is not a folder of this user alone.
 */
export async function openRuntimeFolder({ base, endMaster }: RuntimeFolderParts): Promise<RuntimeFolder> {
  const home = base ?? defaultBase()
  await makePrivate(home)
  await sweep(home, endMaster)
  const folder = await mkdtemp(join(home, 'r'))
  const server = createServer((socket) => socket.destroy())
  server.unref()
  // It appears under its name only when it answers already: nobody takes a beginner for dead.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(join(folder, 'begin'), resolve)
  })
  await chmod(join(folder, 'begin'), 0o600)
  await rename(join(folder, 'begin'), join(folder, OWNER))
  let last = 0
  return {
    nextSocket() {
      last += 1
      return join(folder, String(last))
    },
    async close() {
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function defaultBase(): string {
  const own = `runbook-${userInfo().uid}`
  const usual = join(tmpdir(), own)
  return usual.length > LONGEST_BASE ? join('/tmp', own) : usual
}

async function makePrivate(path: string): Promise<void> {
  if (path.length > LONGEST_BASE) throw new Error(`${path} is too long for the address of a socket`)
  await mkdir(path, { mode: 0o700, recursive: true })
  const found = await lstat(path)
  const mine = found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0
  if (!mine) throw new Error(`${path} is not a folder of this user alone`)
}

async function sweep(home: string, endMaster: RuntimeFolderParts['endMaster']): Promise<void> {
  for (const name of await readdir(home)) {
    const folder = join(home, name)
    if (!(await isDead(join(folder, OWNER)))) continue
    const sockets = await readdir(folder).catch(() => [])
    await Promise.all(sockets.filter((socket) => socket !== OWNER).map((socket) => endMaster(join(folder, socket))))
    await rm(folder, { recursive: true, force: true })
  }
}

function isDead(owner: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(owner)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
