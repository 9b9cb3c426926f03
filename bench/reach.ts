/**
 * What it costs to find out how hosts are reached and whose keys are known, in CPU seconds of this process and of the
 * ssh processes that it starts: `node bench/reach.ts [HOSTS]`. Nothing is contacted.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { selectHosts } from '../src/inventory/host-pattern.ts'
import { parseInventory } from '../src/inventory/parse-inventory.ts'
import { indexKnownHosts, parseKnownHosts } from '../src/transport/ssh/known-hosts.ts'
import { askSsh } from '../src/transport/ssh-config/ask-ssh.ts'
import { resolveConnections } from '../src/transport/ssh-config/resolve-connections.ts'
import { makeSshConfig } from '../src/transport/ssh-config/ssh-config.ts'

const HOSTS = Number(process.argv[2] ?? 10_000)
/** Asking ssh for each host is measured on so many and reckoned up. */
const SAMPLE = 200

const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-'))
const environment = process.env
try {
  const config = join(folder, 'config')
  writeFileSync(config, twentyPatterns())
  const yaml = `hosts: { "hv-[00001-${HOSTS}]": {} }\ngroups: { a: { hosts: ["hv-[00001-${HOSTS}]"] } }\nconnection: { sshConfig: ${config} }\n`
  const source = { name: 'bench', file: 'bench.yaml', folder }
  const inventory = await spent(`parse an inventory of ${HOSTS} hosts`, async () =>
    parseInventory(Buffer.from(yaml), source),
  )
  await spent('--limit with a range, a regular expression and an exception', async () =>
    selectHosts(inventory, 'hv-[00001-05000]:~hv-.*7$:!hv-00007', () => []),
  )
  const hosts = [...inventory.hosts.values()]
  await spent('ssh_config of 20 patterns', () =>
    resolveConnections(hosts, { all: inventory.hosts, config: makeSshConfig(environment) }),
  )
  writeFileSync(config, 'Host elsewhere\n  User other\n')
  await spent('ssh_config of which nothing matches', () =>
    resolveConnections(hosts, { all: inventory.hosts, config: makeSshConfig(environment) }),
  )
  writeFileSync(config, twentyPatterns())
  await spent(
    `ssh -G for each host, as a comparison (${SAMPLE} of them, reckoned up)`,
    async () => {
      for (const { name } of hosts.slice(0, SAMPLE)) await askSsh({ name }, { file: config, environment })
    },
    HOSTS / SAMPLE,
  )
  for (const kind of ['plain', 'hashed'] as const) {
    const text = knownHosts(kind)
    const index = await spent(`known_hosts with ${HOSTS} ${kind} names, read`, async () =>
      indexKnownHosts(parseKnownHosts(text, 'known_hosts')),
    )
    await spent(`known_hosts with ${HOSTS} ${kind} names, every host judged`, async () => {
      for (const { name } of hosts) if (index.judge(name, keyOf(name)).kind !== 'known') throw new Error(name)
    })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function twentyPatterns(): string {
  const racks = Array.from(
    { length: 19 },
    (_, rack) => `Host hv-${String(rack * 5).padStart(3, '0')}*\n  User rack${rack}\n`,
  )
  return [...racks, 'Host *\n  HostName %h.example.net\n  IdentityFile ~/.ssh/fleet\n'].join('')
}

function knownHosts(kind: 'plain' | 'hashed'): string {
  return Array.from({ length: HOSTS }, (_, index) => {
    const name = `hv-${String(index + 1).padStart(5, '0')}`
    return `${kind === 'plain' ? name : hashed(name)} ssh-ed25519 ${keyOf(name).toString('base64')}\n`
  }).join('')
}

function hashed(name: string): string {
  const salt = randomBytes(20)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

function keyOf(name: string): Buffer {
  return Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20'), Buffer.alloc(32, name)])
}

/** Prints CPU seconds, times a factor where only a part was done. */
async function spent<Value>(what: string, work: () => Promise<Value>, factor = 1): Promise<Value> {
  const [own, children] = [process.cpuUsage(), childrenSeconds()]
  const value = await work()
  const { user, system } = process.cpuUsage(own)
  const seconds = ((user + system) / 1e6 + childrenSeconds() - children) * factor
  process.stdout.write(`${what.padEnd(72)}${seconds.toFixed(2).padStart(8)} CPU s\n`)
  return value
}

/** CPU of processes that were started and have ended, in hundredths: proc(5), fields cutime and cstime. */
function childrenSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[13]) + Number(fields[14])) / 100
}
