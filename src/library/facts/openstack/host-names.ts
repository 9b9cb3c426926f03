import { sh } from '../../../model/command.ts'
import { type Fact, fact } from '../../../model/fact.ts'

/** What the host calls itself, the short name first: nova takes one of these unless its `host` option says another. */
export const hostNames: Fact<readonly string[]> = fact(sh`uname -n; hostname -f 2>/dev/null; true`, ({ stdout }) =>
  [...new Set(stdout.split('\n').map((line) => line.trim()))].filter((name) => name !== ''),
)
