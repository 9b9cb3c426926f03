import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync } from 'node:fs'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'

import { findProgram } from '../../src/rehearsal/docker/packages.ts'

/** A PostgreSQL of this test's own, in a folder that goes with it. Only this machine reaches it. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number
  /** An empty database, by the server's socket, where every user of this machine is let in. */
  database(): Promise<string>
  /** One statement as its superuser. */
  sql(text: string, database?: string): Promise<readonly Record<string, unknown>[]>
  /** As if the power went: nothing is written any more. */
  crash(): Promise<void>
  start(): Promise<void>
}

/** Starts a server of the machine's PostgreSQL. Throws where there is none. */
export async function postgresServer(settings: readonly string[] = []): Promise<PostgresServer> {
  const [postgres, initdb] = ['postgres', 'initdb'].map(findProgram)
  if (!postgres || !initdb) throw new Error('this machine lacks PostgreSQL: apt-get install postgresql')
  const folder = await mkdtemp(join(tmpdir(), 'runbook-pg-'))
  const user = unprivileged()
  if (user) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const password = join(folder, 'password')
  await writeFile(password, 'superuser\n')
  const access = ['-A', 'scram-sha-256', '--auth-local=trust', `--pwfile=${password}`]
  const made = ['-D', data, '-U', 'postgres', '--encoding=UTF8', '--locale=C', '--no-sync', ...access]
  execFileSync(initdb, made, { ...user, cwd: folder, stdio: 'pipe' })
  const port = await freePort()
  const lines = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    `unix_socket_directories = '${folder}'`,
    'max_connections = 60',
    'shared_buffers = 64MB',
    'logging_collector = off',
    "log_min_messages = 'fatal'",
    ...settings,
  ]
  await appendFile(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`)
  let server: ChildProcess | undefined
  let databases = 0

  const url = (database: string) => `postgres://postgres@/${database}?host=${folder}&port=${port}`
  const sql = async (text: string, database = 'postgres') => {
    const client = new pg.Client({ connectionString: url(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
  const start = async () => {
    server = spawn(postgres, ['-D', data], { ...user, cwd: folder, stdio: 'ignore' })
    for (let tries = 0; ; tries += 1) {
      try {
        await sql('SELECT 1')
        return
      } catch (error) {
        if (tries > 300 || server.exitCode !== null) throw error
        await setTimeout(100)
      }
    }
  }
  // All its processes end at once, without a checkpoint: the next start recovers from its log.
  const end = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGQUIT')
    await ended
  }
  await start()

  return {
    port,
    async database() {
      databases += 1
      const name = `test${databases}`
      await sql(`CREATE DATABASE ${name}`)
      return url(name)
    },
    sql,
    crash: end,
    start,
    async [Symbol.asyncDispose]() {
      await end()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}
