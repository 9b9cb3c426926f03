import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PrivateSshd, startPrivateSshd } from '../../test/transport/hosts/private-sshd.ts'
import type { CpuGroup } from '../measure/cpu-group.ts'

/** A real sshd that stands for a machine: /etc and /var/lib are its own, on the disk of this machine. */
export interface BenchHost {
  readonly name: string
  readonly port: number
  /** Where its /etc lies on this machine. */
  readonly etc: string
  readonly sshd: PrivateSshd
}

export interface ManySshds {
  readonly hosts: readonly BenchHost[]
  /** One key for all of them. */
  readonly key: string
  readonly knownHosts: string
  /** Back to the files as they were, of the paths below /etc that are named, and without a trace of a run. */
  reset(paths: readonly string[]): void
  /** Waits until no session is left on any host, so that its CPU is counted. */
  settled(): Promise<void>
  down(): Promise<void>
}

const AT_A_TIME = 8

/** Their CPU is counted in `group`. */
export async function startManySshds(count: number, group: CpuGroup): Promise<ManySshds> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-bench-hosts-'))
  // Each user's sshd reads the key for itself.
  chmodSync(folder, 0o755)
  const key = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', key])
  const hosts: BenchHost[] = []
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const startNext = async (): Promise<void> => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      hosts.push(await startHost(`h-${String(number).padStart(3, '0')}`, { key, group }))
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, startNext))
  hosts.sort((a, b) => a.name.localeCompare(b.name))
  const knownHosts = join(folder, 'known_hosts')
  writeFileSync(knownHosts, hosts.map(({ sshd }) => readFileSync(join(sshd.folder, 'known_hosts'), 'utf8')).join(''))
  const idle = group.members().length
  return {
    hosts,
    key,
    knownHosts,
    reset(paths) {
      for (const { etc, sshd } of hosts) {
        for (const path of paths) putBack(path, join(etc, path))
        rmSync(join(sshd.folder, 'lib/runbook'), { recursive: true, force: true })
      }
      execFileSync('sync')
    },
    async settled() {
      while (group.members().length > idle) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    async down() {
      for (const { sshd } of hosts) await sshd.down()
      rmSync(folder, { recursive: true })
    },
  }
}

async function startHost(name: string, { key, group }: { key: string; group: CpuGroup }): Promise<BenchHost> {
  const sshd = await startPrivateSshd({
    sshd: [`AuthorizedKeysFile ${key}.pub`, 'LogLevel ERROR'],
    // On disk, so that what is made durable costs what it costs.
    prepareIn(folder) {
      mkdirSync(join(folder, 'lib'))
      return `mount --bind ${folder}/lib /var/lib`
    },
  })
  const { exitCode, stderr } = await sshd.inside(`echo 1 >${group.door}`)
  if (exitCode !== 0) throw new Error(`${name} cannot be counted: ${stderr}`)
  return { name, port: sshd.connection.port, etc: join(sshd.folder, 'etc'), sshd }
}

function putBack(path: string, target: string): void {
  rmSync(target, { recursive: true, force: true })
  try {
    copyFileSync(join('/etc', path), target)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
