import { UsageError } from '../../model/errors.ts'
import { suggest } from '../../model/suggest.ts'
import type { On } from '../../rehearsal/read-rehearsal.ts'
import type { Options } from '../flags.ts'

/** What `--on` asks for. Throws UsageError for a word that is none. */
export async function kindOfHosts({ on = 'containers' }: Options): Promise<On> {
  const { KINDS_OF_HOSTS } = await import('../../rehearsal/read-rehearsal.ts')
  const known = KINDS_OF_HOSTS.find((kind) => kind === on)
  if (known) return known
  const meant = suggest(on, KINDS_OF_HOSTS)
  throw new UsageError(`--on ${on}: it is ${KINDS_OF_HOSTS.join(' or ')}.${meant ? ` Did you mean "${meant}"?` : ''}`)
}
