import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'
import type { OsloProgram } from '../../formats/openstack/config-sources.ts'

const logFile = ({ project, program }: OsloProgram): string => `/var/log/${project}/${program}.log`

/** How long a service's own log is, in bytes; 0 where it writes to the journal alone. */
export const logLength = (service: OsloProgram): Fact<number> =>
  fact(sh`stat -L -c %s -- ${logFile(service)} 2>/dev/null`, ({ stdout }) => Number(stdout.trim()))

export interface LogQuestion {
  readonly service: OsloProgram
  readonly unit: string
  /** Length of its log file before it was started. */
  readonly after: number
  /** Extended regular expression. */
  readonly pattern: string
}

/** The first lines of that kind which a service has logged since it was started, wherever it logs to. */
export const loggedSince = ({ service, unit, after, pattern }: LogQuestion): Fact<readonly string[]> =>
  fact(
    sh`l=${logFile(service)}; if [ -f "$l" ]; then n=${after}; [ "$(stat -L -c %s -- "$l")" -lt "$n" ] && n=0; tail -c "+$((n + 1))" -- "$l"; else journalctl --quiet --no-pager -o cat "_SYSTEMD_INVOCATION_ID=$(systemctl show --property=InvocationID -- ${unit} | sed 's/^InvocationID=//')"; fi | grep -E -m 3 -e ${pattern}`,
    ({ stdout }) => stdout.split('\n').filter((line) => line !== ''),
  )
