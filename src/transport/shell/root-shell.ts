import { randomBytes } from 'node:crypto'
import type { Unreachable } from '../unreachable.ts'
import { asText, type Bounds } from './bounded-bytes.ts'
import { type FramedShell, makeFramedShell, type ShellChannel } from './framed-shell.ts'
import { becomeRoot } from './sudo.ts'

/** A framed shell that runs as root, and the process group to end when it answers no more. */
export interface RootShell extends FramedShell {
  readonly processGroup: number
}

export interface RootShellParts {
  /** Runs one command line on the host, whatever the login shell of the user is. */
  readonly exec: (commandLine: string) => Promise<ShellChannel>
  readonly user: string
  readonly become: 'none' | 'sudo'
  /** Called when sudo asks. Null: none was given. */
  readonly password: (() => string) | null
  readonly unreachable: Unreachable
}

/** What one answer may hold: enough for a file of 4 MiB. */
const BOUNDS: Bounds = { head: 4 * 1024 * 1024 + 65_536, tail: 65_536 }
const FIRST_ANSWER_WITHIN = 30_000

const PRELUDE = [
  'LC_ALL=C LANG=C PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root; export LC_ALL LANG PATH HOME',
  'unset ENV BASH_ENV CDPATH IFS TMPDIR LANGUAGE POSIXLY_CORRECT',
  'umask 077; cd /',
  '',
].join('\n')

/**
 * Opens a shell as root: `/bin/sh` where the user is root, else through sudo.
 * Throws HostUnreachable of stage `sudo` or `channel`.
 */
export async function openRootShell({ exec, user, become, password, unreachable }: RootShellParts): Promise<RootShell> {
  const nonce = randomBytes(16).toString('hex')
  const channel =
    become === 'sudo' ? await becomeRoot({ exec, user, password, unreachable }) : await exec('exec /bin/sh')
  const shell = makeFramedShell(channel, { nonce, bounds: BOUNDS })
  channel.stdin.write(PRELUDE)
  const fate = await withinFirst(shell.ask('read -r line </proc/$$/stat; echo "$line"; id -u', FIRST_ANSWER_WITHIN))
  if (fate?.kind !== 'answered') {
    shell.close()
    throw unreachable.noShell(fate === null ? 'gave no answer within 30s' : 'ended before it answered')
  }
  const [stat = '', uid = ''] = asText(fate.answer.stdout).trim().split('\n')
  if (uid !== '0') {
    shell.close()
    throw unreachable.notRoot(user, `its uid is ${uid || 'unknown'}`)
  }
  return Object.assign(shell, { processGroup: readProcessGroup(stat) })
}

/** The fifth field of /proc/PID/stat; the second is a name in brackets that may hold anything. */
const readProcessGroup = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])

async function withinFirst<Value>(answer: Promise<Value>): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), FIRST_ANSWER_WITHIN)
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}
