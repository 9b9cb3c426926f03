import { randomBytes } from 'node:crypto'
import type { Become } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'
import { becomeByDoas } from './become/doas.ts'
import { becomeBySu } from './become/su.ts'
import { becomeBySudo } from './become/sudo.ts'
import { asText, type Bounds } from './bounded-bytes.ts'
import { type FramedShell, makeFramedShell, type ShellChannel } from './framed-shell.ts'

/** A framed shell, and the process group to end when it answers no more. */
export interface RootShell extends FramedShell {
  readonly processGroup: number
}

export interface RootShellParts {
  /** Runs one command line on the host, whatever the login shell of the user is. */
  readonly exec: (commandLine: string) => Promise<ShellChannel>
  readonly user: string
  readonly become: Become
  /** Called when the program that gives root asks. Null: none was given. */
  readonly password: (() => string) | null
  readonly unreachable: Unreachable
  /** Is a shell of the user's own good enough where `become` is none? */
  readonly anyUser: boolean
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

const BECOME = { sudo: becomeBySudo, doas: becomeByDoas, su: becomeBySu } as const

/**
 * Opens a shell as root: `/bin/sh` where the user is root, else through what `become` names.
 * Throws HostUnreachable of stage `sudo` or `channel`.
 */
export async function openRootShell(parts: RootShellParts): Promise<RootShell> {
  const { exec, user, become, unreachable, anyUser } = parts
  const nonce = randomBytes(16).toString('hex')
  const channel = become === 'none' ? await exec('exec /bin/sh') : await BECOME[become](parts)
  const shell = makeFramedShell(channel, { nonce, bounds: BOUNDS })
  channel.stdin.write(PRELUDE)
  const fate = await withinFirst(shell.ask('read -r line </proc/$$/stat; echo "$line"; id -u', FIRST_ANSWER_WITHIN))
  if (fate?.kind !== 'answered') {
    shell.close()
    throw unreachable.noShell(fate === null ? 'gave no answer within 30s' : 'ended before it answered')
  }
  const [stat = '', uid = ''] = asText(fate.answer.stdout).trim().split('\n')
  if (uid !== '0' && !(anyUser && become === 'none')) {
    shell.close()
    throw unreachable.notRoot(user, uid ? `its uid is ${uid}` : 'the shell there runs no command', become)
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
