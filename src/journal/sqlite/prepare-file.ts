import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'

import { JournalFailed } from '../../model/errors.ts'

/**
 * Makes the folder (0700) and the file (0600) where they are missing, and refuses places where a journal is not safe.
 * Throws JournalFailed for a network file system and for a file of another user, or one that others may write.
 */
export function prepareFile(path: string): void {
  const folder = dirname(path)
  makeFolder(folder)
  checkLocksHold(path, statfsSync(folder).type)
  closeSync(openSync(path, 'a', 0o600))
  const { uid, mode } = statSync(path)
  if (uid !== userInfo().uid) throw ofAnotherUser(path, uid)
  if ((mode & 0o022) !== 0) throw openToOthers(path)
  if ((mode & 0o077) !== 0) chmodSync(path, 0o600)
  syncFolder(folder)
}

/** Throws JournalFailed for a file system whose locks do not hold between machines, by its number in statfs(2). */
export function checkLocksHold(path: string, fileSystem: number): void {
  const network = NETWORK.get(fileSystem >>> 0)
  if (network !== undefined) throw onNetwork(path, network)
}

const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x5346414f, 'AFS'],
])

/** Node's own recursive mkdir never returns where a folder exists and takes no other, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process that opens the journal for the first time may have been quicker.
    if (!existsSync(folder)) throw error
  }
}

/** A file survives a loss of power only once its name in the folder does. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

const onNetwork = (path: string, name: string): JournalFailed =>
  new JournalFailed(`journal ${path}: the folder is on ${name}, where the locks of a journal do not hold`, {
    code: 'E_JOURNAL_NETWORK',
    remedy: 'Set XDG_STATE_HOME to a folder on a local disk.',
  })

const openToOthers = (path: string): JournalFailed =>
  new JournalFailed(`journal ${path}: others may write the file, so it is not trusted`, {
    code: 'E_JOURNAL_OPEN',
    remedy: `If nobody did: chmod 600 ${path}`,
  })

const ofAnotherUser = (path: string, uid: number): JournalFailed =>
  new JournalFailed(`journal ${path}: the file belongs to user ${uid}, and you are user ${userInfo().uid}`, {
    code: 'E_JOURNAL_OWNER',
    remedy: 'Run as its owner, or set XDG_STATE_HOME to a folder of your own.',
  })
