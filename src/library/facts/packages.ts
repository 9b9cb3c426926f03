import { sh } from '../../model/command.ts'
import { type Fact, fact } from '../../model/fact.ts'
import type { OsFamily } from '../formats/os-release.ts'

/** The package that a file belongs to, with its version, such as `python3-nova 2:26.2.2-1`; null where it is none's. */
export const packageOwning = (path: string): Fact<string | null> =>
  fact(
    sh`if command -v dpkg-query >/dev/null; then p=$(dpkg-query -S ${path} 2>/dev/null | head -n 1) && dpkg-query -W -f '\${Package} \${Version}\\n' "\${p%%:*}"; else rpm -qf --qf '%{NAME} %{VERSION}-%{RELEASE}\\n' ${path}; fi`,
    ({ exitCode, stdout }) => (exitCode === 0 ? (stdout.trim().split('\n')[0] ?? '') || null : null),
  )

/** Those of the packages that are not installed. */
export const missingPackages = (family: OsFamily, names: readonly string[]): Fact<readonly string[]> =>
  fact(
    family === 'debian'
      ? sh`for p in ${names}; do [ "$(dpkg-query -W -f '\${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || echo "$p"; done`
      : sh`for p in ${names}; do rpm -q "$p" >/dev/null 2>&1 || echo "$p"; done`,
    ({ stdout }) => stdout.split('\n').filter((name) => name !== ''),
  )
