import type { On, Rehearsal } from '../../rehearsal/read-rehearsal.ts'
import { findRunbook } from '../find.ts'
import type { Project } from '../project/find-project.ts'
import { shownPath } from '../project/import-fault.ts'

/**
 * How a runbook is rehearsed on this kind of hosts: what `NAME.rehearsal.yaml` beside it says, or the defaults.
 * Throws UsageError: no such runbook, or a fault of that file.
 */
export async function findRehearsals(nameOrPath: string, project: Project, on: On): Promise<readonly Rehearsal[]> {
  const runbook = await findRunbook(nameOrPath, project)
  const path = runbook.replace(/\.m?[jt]s$/, '.rehearsal.yaml')
  const { readRehearsals } = await import('../../rehearsal/read-rehearsal.ts')
  return readRehearsals(path, shownPath(path, project.folder), on)
}
