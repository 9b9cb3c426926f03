import { accessSync, constants, existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { RunbookError } from '../../model/errors.ts'
import { localAnswer, localCommand } from './local-command.ts'
import { type Say, told } from './progress.ts'

/** Programs that rehearsals and tests need of this machine, and the Debian package where its name is another. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  'ansible-inventory': 'ansible-core',
  docker: 'docker.io',
  dockerd: 'docker.io',
  debootstrap: 'debootstrap',
  doas: 'opendoas',
  ip: 'iproute2',
  'mkfs.ext4': 'e2fsprogs',
  openstack: 'python3-openstackclient',
  postgres: 'postgresql',
  'qemu-img': 'qemu-utils',
  'qemu-system-x86_64': 'qemu-system-x86',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
}

/** What a package would start when it is installed. */
const UNITS_OF: Readonly<Record<string, readonly string[]>> = {
  'docker.io': ['docker.service', 'docker.socket'],
  'openssh-server': ['ssh.service', 'ssh.socket'],
  postgresql: ['postgresql.service'],
}

export interface Consent {
  readonly say: Say
  /** Asked once, with the packages named. `--yes`, CI and `npm test` answer yes. */
  readonly mayInstall: (packages: readonly string[]) => Promise<boolean>
}

/** Installs what is missing of these programs, after asking. Throws RunbookError where that cannot be. */
export async function needPrograms(programs: readonly string[], { say, mayInstall }: Consent): Promise<void> {
  const missing = programs.filter((program) => !findProgram(program))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((program) => PACKAGE_OF[program] ?? program))]
  if (!findProgram('apt-get') || process.getuid?.() !== 0) {
    throw new RunbookError(`this machine lacks ${missing.join(', ')}`, {
      code: 'E_MACHINE_LACKS',
      remedy: `Install ${packages.join(' ')} as root (Debian: apt-get install ${packages.join(' ')}), then try again.`,
    })
  }
  if (!(await mayInstall(packages))) {
    throw new RunbookError(`test hosts need ${packages.join(' ')}, and installing was declined`, {
      code: 'E_MACHINE_LACKS',
      remedy: `Type: apt-get install --no-install-recommends ${packages.join(' ')}`,
    })
  }
  await told(say, `install ${packages.join(', ')} on this machine`, async () => {
    const environment = { DEBIAN_FRONTEND: 'noninteractive' }
    const quiet = ['-qq', '-o', 'DPkg::Lock::Timeout=300']
    await localCommand(['apt-get', 'update', ...quiet], { deadline: '5m', environment })
    await withoutServiceStart(packages, (extra) =>
      localCommand(['apt-get', 'install', '-y', '--no-install-recommends', ...quiet, ...packages], {
        deadline: '15m',
        environment: { ...environment, ...extra },
      }),
    )
  })
}

/** Where Debian keeps each version of PostgreSQL's programs. */
const POSTGRESQL = '/usr/lib/postgresql/*/bin'

/** The file that a program's name means, or undefined. System folders count even where PATH leaves them out. */
export function findProgram(program: string): string | undefined {
  const system = ['/usr/sbin', '/sbin', '/usr/local/sbin', ...globSync(POSTGRESQL)]
  const folders = [...(env.PATH ?? '').split(delimiter), ...system]
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Packages would start their daemons at once; docker's turns on forwarding. Here no unit is started. */
async function withoutServiceStart(
  packages: readonly string[],
  install: (extra: Record<string, string>) => Promise<unknown>,
): Promise<void> {
  // Only units of what is installed now: a service that was there before is nobody's to stop.
  const units = packages.flatMap((name) => UNITS_OF[name] ?? [])
  const bySystemd = existsSync('/run/systemd/system') && units.length > 0
  if (bySystemd) await localCommand(['systemctl', 'mask', '--runtime', ...units])
  try {
    // The scripts of System V machines do not start services in this runlevel.
    await install({ RUNLEVEL: '1' })
  } finally {
    if (bySystemd) {
      await localCommand(['systemctl', 'unmask', '--runtime', ...units])
      await localAnswer(['systemctl', 'disable', ...units])
    }
  }
}
