import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'

import type { HostConnection } from '../../model/inventory.ts'
import { counted } from '../../reporter/wording.ts'
import { bad, type Finding, hint, ok } from './finding.ts'

type Login = Pick<HostConnection, 'identityFiles' | 'knownHosts' | 'openssh'>

/** Are there keys to log in with, and are hosts' keys remembered somewhere that can be trusted? */
export async function loginFindings(
  connections: readonly Login[],
  agentSocket: string | undefined,
): Promise<readonly Finding[]> {
  const files = [...new Set(connections.flatMap(({ identityFiles }) => identityFiles))]
  const known = [...new Set(connections.map(({ knownHosts }) => knownHosts[0] ?? ''))].filter((path) => path !== '')
  // Certificates, tokens and GSSAPI are the system's ssh's own business.
  const needed = connections.some(({ identityFiles, openssh }) => identityFiles.length === 0 && openssh === undefined)
  return [
    await agentFinding(agentSocket, needed),
    ...(await Promise.all(files.map(keyFinding))),
    ...(await Promise.all(known.map(knownHostsFinding))),
  ]
}

/** `ssh-add -l` ends with 0 for keys, 1 for none, 2 where no agent answers. */
async function agentFinding(socket: string | undefined, needed: boolean): Promise<Finding> {
  const missing = needed ? bad : hint
  const start = 'eval "$(ssh-agent)"; ssh-add'
  if (!socket) return missing('no ssh agent: SSH_AUTH_SOCK is not set', start)
  const { code, stdout } = await listKeys(socket)
  if (code === 0) return ok(`ssh agent with ${counted(stdout.trim().split('\n').length, 'key')}`)
  if (code === 1) return missing('the ssh agent has no keys', 'ssh-add')
  return missing(`no ssh agent answers at ${socket}`, start)
}

function listKeys(socket: string): Promise<{ readonly code: number; readonly stdout: string }> {
  return new Promise((resolve) => {
    execFile('ssh-add', ['-l'], { env: { ...ENGLISH, SSH_AUTH_SOCK: socket }, timeout: 5_000 }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 2 : 0, stdout }),
    )
  })
}

const ENGLISH = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }

async function keyFinding(path: string): Promise<Finding> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) return bad(`the key ${path} is not there`, 'Name another identity in the inventory, or make it')
  if ((found.mode & 0o077) !== 0) return bad(`others may read the key ${path}`, `chmod 600 ${path}`)
  return ok(`key ${path}`)
}

async function knownHostsFinding(path: string): Promise<Finding> {
  const found = await stat(path).catch(() => null)
  if (!found) {
    return bad(`there is no ${path}, so no host is known`, 'runbook keys trust -i INVENTORY, after comparing the keys')
  }
  if ((found.mode & 0o022) !== 0) return bad(`others may write ${path}`, `chmod go-w ${path}`)
  return ok(`host keys in ${path}`)
}
