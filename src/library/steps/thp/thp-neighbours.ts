import { satisfied } from '../../../model/check.ts'
import { info, type Note, warning } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Audit, audit } from '../../../model/step.ts'
import { databasePrograms, thpCompetitors, thpProcesses } from '../../facts/kernel/thp-users.ts'
import { commandLine } from '../../facts/system.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import { kernelArguments } from '../../formats/kernel-command-line.ts'
import type { ThpPersistence } from './thp-persistence.ts'
import type { ThpWish } from './thp-wish.ts'

export interface NeighboursParts {
  readonly wish: ThpWish
  /** Files of ours, which are no competitors. */
  readonly own: readonly string[]
  readonly persist: ThpPersistence
  /** Say which processes have transparent pages now. */
  readonly listProcesses: boolean
}

/** Who else sets transparent huge pages, and whom they serve or slow down. */
export const thpNeighbours = ({ wish, own, persist, listProcesses }: NeighboursParts): Audit =>
  audit({
    id: 'transparent-pages-neighbours',
    async check(host) {
      const [databases, files, line, users] = await Promise.all([
        host.ask(databasePrograms),
        host.ask(thpCompetitors),
        host.ask(commandLine),
        listProcesses ? userNotes(host) : [],
      ])
      const others = files.filter((path) => !own.includes(path))
      const lost = persist === 'kernel-cmdline' ? [warning('W_NOT_PERSISTENT', LOST)] : []
      const rivals = [...commandLineNotes(wish, persist, line), ...others.map(competitor)]
      const notes = [...lost, ...databaseNotes(wish, databases), ...rivals, ...users]
      return satisfied(notes.length === 0 ? 'nobody else sets or suffers from them' : 'see the notes', { notes })
    },
  })

const LOST = 'a boot keeps `enabled` alone: no kernel argument sets the other words'

const databaseNotes = ({ enabled }: ThpWish, databases: readonly string[]): readonly Note[] =>
  enabled !== 'always' || databases.length === 0
    ? []
    : [warning('W_DB_PROCESS', `${databases.join(', ')} runs here and is slowed down by pages that it did not ask for`)]

const competitor = (path: string): Note =>
  warning('W_COMPETITOR', `${path} sets transparent huge pages at boot too; the later of the two wins`)

/** tuned leaves transparent pages alone where the command line names them; files are read behind it. */
function commandLineNotes({ enabled }: ThpWish, persist: ThpPersistence, line: string): readonly Note[] {
  const named = kernelArguments(line).findLast(({ key }) => key === 'transparent_hugepage')
  if (named === undefined || named.value === enabled || persist === 'kernel-cmdline') return []
  const then = persist === 'tuned' ? 'tuned never sets another word then' : 'a boot begins with that'
  return [warning('W_COMPETITOR', `the kernel was booted with ${named.text}: ${then}`)]
}

async function userNotes(host: Probe): Promise<readonly Note[]> {
  const all = await host.ask(thpProcesses, { limit: '2m' })
  const sum = bytesInWords(all.reduce((kibi, one) => kibi + one.kibi, 0) * 1024)
  const named = all.slice(0, 5).map(({ pid, name, guest }) => (guest === null ? `${name} ${pid}` : `guest ${guest}`))
  const text = all.length === 0 ? 'no process has any' : `${all.length} processes have ${sum}: ${named.join(', ')}`
  return [info('I_THP_PROCESSES', text, all)]
}
