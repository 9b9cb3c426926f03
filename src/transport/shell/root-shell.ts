import { randomBytes } from 'node:crypto'
import type { Become } from '../../model/inventory.ts'
import type { Unreachable } from '../unreachable.ts'
import { becomeByDoas } from './become/doas.ts'
import { ownShell } from './become/own.ts'
import { becomeBySu } from './become/su.ts'
import { becomeBySudo } from './become/sudo.ts'
import type { Bounds } from './bounded-bytes.ts'
import { type FramedShell, makeFramedShell, type ShellChannel } from './framed-shell.ts'

/** A framed shell, and the process group to end when it answers no more. */
export interface RootShell extends FramedShell {
  readonly processGroup: number
  /** Our guard lay on the host when it started. */
  readonly guarded: boolean
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

const PRELUDE = [
  'LC_ALL=C LANG=C PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root; export LC_ALL LANG PATH HOME',
  'unset ENV BASH_ENV CDPATH IFS TMPDIR LANGUAGE POSIXLY_CORRECT',
  'umask 077; cd /',
  '',
].join('\n')

const START = { none: ownShell, sudo: becomeBySudo, doas: becomeByDoas, su: becomeBySu } as const

/**
 * Opens a shell as root: `/bin/sh` where the user is root, else through what `become` names.
 * Throws HostUnreachable of stage `sudo` or `channel`.
 */
export async function openRootShell(parts: RootShellParts): Promise<RootShell> {
  const { user, become, unreachable, anyUser } = parts
  const nonce = randomBytes(16).toString('hex')
  const { channel, uid, processGroup, guarded } = await START[become](parts)
  if (uid !== '0' && !(anyUser && become === 'none')) {
    channel.close()
    throw unreachable.notRoot(user, uid ? `its uid is ${uid}` : 'the shell there does not know its uid', become)
  }
  const shell = makeFramedShell(channel, { nonce, bounds: BOUNDS })
  channel.stdin.write(PRELUDE)
  return Object.assign(shell, { processGroup, guarded })
}
