import { type BlockedCheck, blocked, type Check, needed, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { CommandFailed } from '../../../model/errors.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { missingPackages } from '../../facts/packages.ts'
import { osRelease } from '../../facts/system.ts'
import type { OsFamily, OsRelease } from '../../formats/os-release.ts'

export interface PackageParts {
  readonly id: string
  /** Names of the packages on a distribution. */
  readonly packages: (release: OsRelease & { readonly family: OsFamily }) => readonly string[]
  /** What packages of Debian recommend is installed with them as apt is configured. Default: it is not. */
  readonly recommended?: true
}

/** Packages are there. They stay when the run is rolled back. Another tool that holds the lock of dpkg is waited for. */
export const packagesInstalled = ({ id, packages, recommended }: PackageParts): ChangeStep<readonly string[]> =>
  step<readonly string[]>({
    id,
    async check(host): Promise<Check<readonly string[]>> {
      const { family, ...release } = await host.ask(osRelease)
      if (family === null) return unknownDistribution(host.name, release.id)
      const names = packages({ ...release, family })
      const missing = await host.ask(missingPackages(family, names))
      if (missing.length === 0) return satisfied(`${names.join(', ')} installed`)
      return needed(`install ${missing.join(', ')}`, missing)
    },
    async apply(host, missing) {
      const { family } = await host.ask(osRelease)
      const recommends = recommended ? sh`` : sh`--no-install-recommends`
      const command =
        family === 'debian'
          ? sh`DEBIAN_FRONTEND=noninteractive apt-get install -y ${recommends} -o DPkg::Lock::Timeout=300 -- ${missing}`
          : sh`if command -v dnf >/dev/null; then dnf -y install -- ${missing}; else yum -y install -- ${missing}; fi`
      try {
        await host.run(command, { limit: '15m' })
      } catch (cause) {
        throw cause instanceof CommandFailed ? notInstalled(host.name, missing, cause) : cause
      }
    },
  })

function notInstalled(host: string, missing: readonly string[], cause: CommandFailed): CommandFailed {
  const locked = /Could not get lock|lock-frontend|is locked by/.test(cause.tail)
  return new CommandFailed(`${missing.join(', ')} cannot be installed on ${host}: ${cause.tail || cause.message}`, {
    code: locked ? 'E_PKG_LOCK' : 'E_PKG',
    exitCode: cause.exitCode,
    tail: cause.tail,
    remedy: locked ? 'Wait for the other installation to end.' : `Install them by hand: ${missing.join(' ')}.`,
    cause,
  })
}

const unknownDistribution = (host: string, distribution: string): BlockedCheck =>
  blocked({
    code: 'E_DISTRO_UNSUPPORTED',
    because: `${host} runs ${distribution}; this runbook knows the families debian, rhel`,
    remedy: 'Take the host out of the group, or narrow the run with --limit.',
    absolute: true,
  })
