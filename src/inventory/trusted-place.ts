import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'

import { UsageError } from '../model/errors.ts'

/** What it says may be anybody's words. */
export class NotTrusted extends UsageError {}

const EVERYBODY_WRITES = 0o002
/** In such a folder, as /tmp is, only the owner of a name may rename or remove it. */
const STICKY = 0o1000

/**
 * Refuses a folder in which names are looked for and everybody may put some, sticky or not. What is not there is
 * trusted. Throws NotTrusted.
 */
export function refuseOpenFolder(folder: string): void {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0
  if ((mode & EVERYBODY_WRITES) !== 0) {
    throw new NotTrusted(`${folder}: everybody may write this folder, so nothing in it is trusted`, {
      remedy: `chmod o-w ${folder}`,
    })
  }
}

/**
 * Says which of these belong to somebody who is neither root nor the user of this process, and so decides what they say:
 * a sentence for each such user. They are no reason to refuse: a team and a container have checkouts of other users.
 */
export function foreignOwners(paths: readonly string[], shown: (path: string) => string): readonly string[] {
  const own = [0, userInfo().uid]
  const owned = paths.map((path) => ({ path, uid: statSync(path).uid })).filter(({ uid }) => !own.includes(uid))
  return [...Map.groupBy(owned, ({ uid }) => uid)].map(([uid, files]) => {
    const more = files.length > 1 ? ` and ${files.length - 1} more beside it belong` : ' belongs'
    return `${shown(files[0]?.path ?? '')}${more} to user ${uid}, who can change what is done to hosts`
  })
}

/**
 * Refuses a file that everybody may write. Owners and groups are not compared, see foreignOwners. `shown` is its name in messages. Throws NotTrusted.
 */
export function refuseOpenFile(path: string, shown = path): void {
  if ((statSync(path).mode & EVERYBODY_WRITES) !== 0) {
    throw new NotTrusted(`${shown}: everybody may write this file, so it is not trusted`, {
      remedy: `chmod o-w ${shown}`,
    })
  }
  refuseReplaceable(path, shown)
}

/** Refuses a file whose folder lets everybody put another one in its place. Throws NotTrusted. */
export function refuseReplaceable(path: string, shown = path): void {
  const folder = dirname(path)
  const { mode } = statSync(folder)
  if ((mode & EVERYBODY_WRITES) === 0) return
  // In a sticky one nobody replaces it, but whoever came first may have put it there.
  if ((mode & STICKY) !== 0 && [0, userInfo().uid].includes(statSync(path).uid)) return
  throw new NotTrusted(`${shown}: everybody may put another file in its place, so it is not trusted`, {
    remedy: `chmod o-w ${folder}, or move the file into a folder of your own`,
  })
}
