import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { RunbookError } from '../../model/errors.ts'
import { localAnswer, localCommand } from './local-command.ts'
import { type Say, told } from './progress.ts'

/** Programs that a rehearsal needs of this machine, and the Debian package of each. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  docker: 'docker.io',
  dockerd: 'docker.io',
  debootstrap: 'debootstrap',
  ip: 'iproute2',
  'ssh-keygen': 'openssh-client',
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
    await withoutServiceStart((extra) =>
      localCommand(['apt-get', 'install', '-y', '--no-install-recommends', ...quiet, ...packages], {
        deadline: '15m',
        environment: { ...environment, ...extra },
      }),
    )
  })
}

/** The file that a program's name means, or undefined. System folders count even where PATH leaves them out. */
export function findProgram(program: string): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
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

/** The docker package would start a daemon at once, and that turns on forwarding: here its units are not started. */
async function withoutServiceStart(install: (extra: Record<string, string>) => Promise<unknown>): Promise<void> {
  const units = ['docker.service', 'docker.socket']
  const bySystemd = existsSync('/run/systemd/system')
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
