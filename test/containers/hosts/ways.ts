import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { ContainerSet } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { HOST_USER } from '../../../src/rehearsal/hosts/host-model.ts'
import { temporaryFolder } from '../command-line.ts'

/** What differs from how a test host is reached. */
export interface Way {
  readonly port?: number
  readonly user?: string
  readonly identity?: string
  readonly knownHosts?: string
  readonly sudoPassword?: string
}

/** Writes an inventory of one host that is reached in this way, and of others by their ports. */
export async function inventoryOf(
  { identity, knownHosts }: Pick<ContainerSet, 'identity' | 'knownHosts'>,
  host: ContainerHost,
  { others = {}, port = host.port, ...way }: Way & { readonly others?: Readonly<Record<string, number>> } = {},
): Promise<string> {
  const places = Object.entries({ [host.name]: port, ...others })
  const inventory = {
    hosts: Object.fromEntries(places.map(([name, port]) => [name, { address: '127.0.0.1', port }])),
    groups: {
      hypervisors: {
        hosts: places.map(([name]) => name),
        overrides: { E_CONTAINER_KERNEL: 'a test host emulates its kernel' },
      },
    },
    connection: { user: HOST_USER, identity, knownHosts, become: 'sudo', ...way },
  }
  const path = join(await temporaryFolder(), 'inventory.yaml')
  // JSON is YAML.
  await writeFile(path, JSON.stringify(inventory))
  return path
}

/** A reference to a file that holds this secret. */
export async function secretFile(secret: string): Promise<string> {
  const path = join(await temporaryFolder(), 'secret')
  await writeFile(path, `${secret}\n`, { mode: 0o600 })
  return `file:${path}`
}

/** A port of this machine on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address ? address.port : 0
}

/** Trusts the key that a host has now, as an operator who has compared it at the console. */
export async function learnKey({ knownHosts }: Pick<ContainerSet, 'knownHosts'>, host: ContainerHost): Promise<void> {
  const place = `[127.0.0.1]:${host.port}`
  const { stdout } = await host.inside('cat /etc/ssh/ssh_host_*_key.pub')
  const learnt = stdout.split('\n').flatMap((line) => (line === '' ? [] : [`${place} ${line.split(' ', 2).join(' ')}`]))
  const known = (await readFile(knownHosts, 'utf8')).split('\n')
  const others = known.filter((line) => line !== '' && !line.startsWith(`${place} `))
  // Others read the file at this moment.
  await writeFile(`${knownHosts}.new`, `${[...others, ...learnt].join('\n')}\n`)
  await rename(`${knownHosts}.new`, knownHosts)
}
