import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

import { UsageError } from '../../model/errors.ts'
import { counted } from '../../reporter/wording.ts'
import { runbookNames } from '../find.ts'
import type { Operator } from '../operator.ts'
import type { Project } from '../project/find-project.ts'
import { hasJournal, makeStateFolder } from '../state-folder.ts'
import { bad, type Finding, ok } from './finding.ts'

/** The first Node that runs TypeScript files by itself and has node:sqlite without a warning. */
const OLDEST_NODE = [24, 11] as const

/** Is this Node new enough? */
export async function nodeFinding({ program: [node = 'node'] }: Pick<Operator, 'program'>): Promise<Finding> {
  const { stdout } = await promisify(execFile)(node, ['--version'])
  const version = stdout.trim().replace(/^v/, '')
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  if (enough) return ok(`Node ${version}`)
  return bad(`Node ${version} is older than ${OLDEST_NODE.join('.')}`, 'Install a newer one: https://nodejs.org')
}

/** Is there a project here? */
export async function projectFinding(project: Project): Promise<Finding> {
  const names = await runbookNames(project)
  if (names.length > 0) return ok(`project ${project.folder} with ${counted(names.length, 'runbook')}`)
  return bad(`${project.folder} has no runbooks`, 'cd to a folder that has runbooks/, or write runbooks/NAME.ts')
}

/** Can runs be remembered, and by nobody else? A folder that is not there yet is not made. */
export async function stateFinding(folder: string): Promise<Finding> {
  const found = await stat(folder).catch(() => null)
  if (found === null) {
    const parent = await nearest(folder)
    const mine = await access(parent, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    )
    if (mine) return ok(`the state folder ${folder} will be made by the first run`)
    return bad(`the state folder ${folder} cannot be made in ${parent}`, 'export XDG_STATE_HOME=FOLDER_OF_YOUR_OWN')
  }
  if (found.uid !== userInfo().uid) {
    return bad(`the state folder ${folder} belongs to another user`, 'export XDG_STATE_HOME=FOLDER_OF_YOUR_OWN')
  }
  try {
    await makeStateFolder(folder)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return bad(error.message, error.remedy)
  }
  if ((found.mode & 0o077) !== 0) return bad(`others may read the state folder ${folder}`, `chmod 700 ${folder}`)
  return ok(`state folder ${folder}${(await hasJournal(folder)) ? ', with a journal' : ''}`)
}

async function nearest(folder: string): Promise<string> {
  const parent = dirname(folder)
  const found = await stat(parent).catch(() => null)
  return found || parent === folder ? parent : nearest(parent)
}
