import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RunbookError, UsageError } from '../../model/errors.ts'
import { localCommand } from '../docker/local-command.ts'
import { cacheFolder } from '../docker/places.ts'
import { type InventoryFacts, inventoryText } from './inventory-text.ts'
import type { TestHost } from './test-host.ts'

/** Throw-away hosts that are up, and what reaches them. */
export interface HostSet<Host extends TestHost = TestHost> extends SetFiles {
  readonly set: string
  readonly hosts: readonly Host[]
  /** Gates that these hosts cannot satisfy: code to why that is so. */
  readonly overrides: Readonly<Record<string, string>>
  /** Variables of the inventory's group `hypervisors`. */
  readonly vars: Readonly<Record<string, unknown>>
  /** Removes hosts and files, and ends the use of what runs them. */
  down(): Promise<void>
  /** Leaves kept hosts running and ends this process's use of what runs them. */
  leave(): Promise<void>
}

export interface SetFiles {
  /** Private files of the set: keys, known hosts, inventory. */
  readonly folder: string
  readonly inventory: string
  readonly identity: string
  readonly knownHosts: string
}

/** Where the files of a set lie, whether or not they do. Throws UsageError for a name that could lead elsewhere. */
export function setFiles(set: string): SetFiles {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(set)) {
    throw new UsageError(`${JSON.stringify(set)} cannot name a set of test hosts: a word such as rehearsal`)
  }
  const folder = join(setsFolder(), set)
  const at = (name: string) => join(folder, name)
  return { folder, identity: at('key'), knownHosts: at('known_hosts'), inventory: at('inventory.yaml') }
}

export const setsFolder = (): string => join(cacheFolder(), 'sets')

/**
 * A folder for a new set, with a key that its hosts will accept. Gives the public half. Throws SetExists where one of this
 * name is there, of whatever kind its hosts are.
 */
export async function makeSet(set: string): Promise<string> {
  const { folder, identity, inventory } = setFiles(set)
  if (existsSync(inventory)) throw new SetExists(set)
  await removeFiles(set)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await localCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'runbook test hosts', '-f', identity])
  return readFile(`${identity}.pub`, 'utf8')
}

/** Writes the inventory of a set and the keys of its hosts, as they name them themselves: `ssh_host_*_key.pub` texts. */
export async function writeAccess(
  set: string,
  facts: Pick<InventoryFacts, 'vars' | 'overrides'> & { readonly hosts: readonly TestHost[] },
): Promise<void> {
  const { identity, knownHosts, inventory } = setFiles(set)
  await writeFile(knownHosts, (await Promise.all(facts.hosts.map(hostKeys))).join(''))
  await writeFile(inventory, inventoryText({ ...facts, identity, knownHosts }))
}

export const removeFiles = (set: string): Promise<void> => rm(setFiles(set).folder, { recursive: true, force: true })

/** A name that no other set has, of this process or of one that had its number. */
export function ownSetName(): string {
  do setsMade += 1
  while (existsSync(setFiles(`p${process.pid}-${setsMade}`).folder))
  return `p${process.pid}-${setsMade}`
}

let setsMade = 0

/** Test hosts of this name are up already; they are left as they are. */
export class SetExists extends RunbookError {
  constructor(set: string) {
    super(`test hosts of the set "${set}" are up already`, {
      remedy: `Take them down first: runbook hosts down ${set}`,
    })
  }
}

/** `rb-01` and on, by place in the set. */
export const hostName = (index: number): string => `rb-${String(index + 1).padStart(2, '0')}`

/** Asked of the machine's own hands, not over the network: nobody can answer in the host's place. */
async function hostKeys(host: TestHost): Promise<string> {
  const { stdout } = await host.inside('cat /etc/ssh/ssh_host_*_key.pub')
  const keys = stdout.split('\n').filter((line) => line !== '')
  return keys.map((key) => `[127.0.0.1]:${host.port} ${key.split(' ').slice(0, 2).join(' ')}\n`).join('')
}
