import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, copyFile, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { type ContainerSet, upHosts } from '../../src/rehearsal/container-hosts.ts'
import { baseImage } from '../../src/rehearsal/docker/images.ts'
import { localAnswer, localCommand } from '../../src/rehearsal/docker/local-command.ts'
import { findProgram, needPrograms } from '../../src/rehearsal/docker/packages.ts'
import { processIdentity } from '../../src/rehearsal/docker/process-identity.ts'
import { type DockerEngine, dockerEngine } from '../../src/rehearsal/docker-engine.ts'
import { OWNER_LABEL, SET_LABEL } from '../../src/rehearsal/hosts/container-labels.ts'
import { HOST_USER } from '../../src/rehearsal/hosts/host-model.ts'
import { type PostgresServer, postgresServer } from '../journal/postgres-server.ts'

const HOME = resolve(import.meta.dirname, '../..')
const consent = { say: () => {}, mayInstall: async () => true }
/** The user of the image: docs/fleet/Dockerfile. */
const USER = 10_001
/** Where every worker finds what a run only names. */
const KEYS = '/etc/runbook/ssh'

/** What docs/fleet has for a machine with compose, laid out as its page says, and one host that is a container. */
export interface Composed extends AsyncDisposable {
  readonly host: ContainerSet['hosts'][number]
  readonly server: PostgresServer
  /** Name of the store on the server. */
  readonly database: string
  /** A project which the controller has as `/project`. Its inventory `prod` leaves to runbook who speaks, `by-ssh` does not. */
  readonly project: string
  compose(...words: readonly string[]): Promise<string>
  docker(...words: readonly string[]): Promise<string>
  /** Containers of the workers, running or not, always in the same order. */
  workers(): Promise<readonly string[]>
  /** Lines that a container has said so far, in all its lives. */
  said(container: string): Promise<readonly string[]>
  /** Exit codes with which a container has ended so far. */
  ends(container: string): Promise<readonly number[]>
}

/** Lays it out and builds the image. Throws RunbookError where this machine has no containers. */
export async function composed(): Promise<Composed> {
  await needPrograms(['docker-compose'], consent)
  const open = new AsyncDisposableStack()
  try {
    const server = open.use(await postgresServer())
    const address = await server.database()
    const database = new URL(address.replace('@/', '@local/')).pathname.slice(1)
    const set = open.adopt(await upHosts({ count: 1, ...consent }), (up) => up.down())
    const engine = open.adopt(await dockerEngine(consent), (joined) => joined.leave())
    const folder = open.adopt(await mkdtemp(join(tmpdir(), 'runbook-compose-')), (place) =>
      rm(place, { recursive: true, force: true }),
    )
    await layOut(folder, { server, database, set })
    await writeFile(join(folder, 'here.yaml'), JSON.stringify(forThisMachine(folder, await nodeImage(engine))))
    const files = ['compose.yaml', 'here.yaml'].flatMap((name) => ['--file', join(folder, name)])
    const compose: Composed['compose'] = (...words) =>
      localCommand(['docker-compose', ...files, '--project-directory', folder, ...words], {
        deadline: '5m',
        environment: { DOCKER_HOST: `unix://${engine.socket}`, DOCKER_BUILDKIT: '0' },
      })
    const docker: Composed['docker'] = (...words) => engine.docker(words, { deadline: '1m' })
    open.defer(async () => {
      await compose('down', '--volumes', '--timeout', '0')
      // What a later image took the name from.
      await docker('image', 'prune', '--force', '--filter', 'label=runbook.testhost', '--filter', 'until=24h')
    })
    await compose('build')
    const kept = open.move()
    return {
      host: set.hosts[0]!,
      server,
      database,
      project: join(folder, 'project'),
      compose,
      docker,
      workers: async () => (await compose('ps', '--quiet', 'worker')).trim().split('\n').toSorted(),
      async said(container) {
        const words = ['--host', `unix://${engine.socket}`, 'logs', container]
        const { stdout, stderr } = await localAnswer([findProgram('docker') ?? 'docker', ...words])
        return `${stdout}${stderr}`.split('\n')
      },
      async ends(container) {
        const of = ['--filter', `container=${container}`, '--filter', 'event=die']
        // A span such as 0s is counted in whole seconds, and would leave out what came in this one.
        const until = (Date.now() / 1_000).toFixed(3)
        const said = await docker('events', '--since', '1h', '--until', until, ...of, '--format', EXIT_CODE)
        return said.trim().split('\n').map(Number)
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    }
  } finally {
    await open.disposeAsync()
  }
}

const EXIT_CODE = '{{.Actor.Attributes.exitCode}}'

/** The folder of a user: the example, the archive, keys and an address. */
async function layOut(
  folder: string,
  { server, database, set }: { server: PostgresServer; database: string; set: ContainerSet },
): Promise<void> {
  const run = promisify(execFile)
  const { stdout: archive } = await run(process.execPath, [join(HOME, 'bin/package.ts')])
  await copyFile(archive.trim(), join(folder, basename(archive.trim())))
  await run('sh', ['-c', 'tar -xzf runbook-*.tgz --strip-components=3 package/docs/fleet'], { cwd: folder })
  const address = `postgres://postgres@127.0.0.1:${server.port}/${database}?password=file:/run/secrets/store-password`
  await writeFile(join(folder, 'worker.env'), `RUNBOOK_STORE=${address}\n`)
  await mkdir(join(folder, 'ssh'))
  await writeFile(join(folder, 'store-password'), 'superuser\n')
  await copyFile(set.identity, join(folder, 'ssh/fleet'))
  await copyFile(set.knownHosts, join(folder, 'ssh/known_hosts'))
  for (const place of ['store-password', 'ssh/fleet', 'ssh/known_hosts', 'ssh']) {
    await chmod(join(folder, place), place === 'ssh' ? 0o700 : 0o600)
    await chown(join(folder, place), USER, USER)
  }
  const hosts = { 'hv-01': { address: '127.0.0.1', port: set.hosts[0]!.port } }
  const keys = { identity: `${KEYS}/fleet`, knownHosts: `${KEYS}/known_hosts` }
  const connection = { user: HOST_USER, ...keys, become: 'sudo', sshConfig: 'none' }
  await mkdir(join(folder, 'project/inventory'), { recursive: true })
  const inventory = (name: string, more: object) =>
    writeFile(
      join(folder, `project/inventory/${name}.yaml`),
      JSON.stringify({ hosts, connection: { ...connection, ...more } }),
    )
  await Promise.all([inventory('prod', {}), inventory('by-ssh', { transport: 'openssh' })])
}

/**
 * No image registry is needed here, and nothing leaves this machine: server and host listen on its loopback. The owner
 * is who must live for the containers to be left alone.
 */
function forThisMachine(folder: string, base: string): object {
  const labels = { [SET_LABEL]: basename(folder), [OWNER_LABEL]: processIdentity() }
  const each = { image: 'runbook-of-tests', network_mode: 'host', labels }
  const build = { context: folder, network: 'host', args: { BASE: base }, labels: { 'runbook.testhost': '1' } }
  return { services: { worker: { ...each, build }, controller: each } }
}

/** The project's own Node upon Debian's base system, with this machine's npm and the authorities that it trusts. */
async function nodeImage(engine: DockerEngine): Promise<string> {
  const name = `runbook-node:${process.version}`
  if ((await engine.docker(['image', 'ls', '--quiet', name])) !== '') return name
  const folder = await mkdtemp(join(tmpdir(), 'runbook-node-'))
  const trusted = existsSync(CERTIFICATES)
  try {
    const npm = dirname(dirname(await realpath(findProgram('npm') ?? 'npm')))
    await Promise.all([
      copyFile(process.execPath, join(folder, 'node')),
      cp(npm, join(folder, 'npm'), { recursive: true }),
      ...(trusted ? [copyFile(CERTIFICATES, join(folder, 'certificates'))] : []),
      writeFile(join(folder, 'Dockerfile'), [...NODE, ...(trusted ? TRUSTED : [])].join('\n')),
    ])
    const words = ['--build-arg', `BASE=${await baseImage(engine, consent)}`, '--label', 'runbook.testhost=1']
    await engine.docker(['build', '--network', 'none', ...words, '--tag', name, folder], { deadline: '5m' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return name
}

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
const NODE = [
  'ARG BASE',
  'FROM ${BASE}',
  'COPY node /usr/local/bin/node',
  'COPY npm /usr/local/lib/node_modules/npm',
  'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
]
const TRUSTED = [`COPY certificates ${CERTIFICATES}`, `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`]
