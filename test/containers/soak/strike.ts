import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import type { Ended, Going, Laptop } from '../command-line.ts'
import type { Fault } from './faults.ts'

/** A controller at work on one host, and how another one would go on with its run. */
export interface Struck {
  readonly host: ContainerHost
  readonly desk: Laptop
  readonly going: Going
  readonly run: string | undefined
  readonly goOn: (run: string) => Going
}

/** What came of a fault. */
export interface Blow {
  /** Did it hit anything? */
  readonly hit: boolean
  /** The controller that goes on, when it is another one now. */
  readonly going?: Going
  /** Controllers that lost their run to another one, when they have ended. */
  readonly losers?: readonly Ended[]
}

/** Lets a fault happen. */
export async function strike(fault: Fault, struck: Struck): Promise<Blow> {
  const { going, host } = struck
  if (fault.kind === 'kill') return killed(going, going.kill)
  if (fault.kind === 'kill group') return killed(going, going.killGroup)
  if (fault.kind === 'freeze') {
    going.freeze()
    await sleep(fault.long)
    going.thaw()
    return { hit: true }
  }
  if (fault.kind === 'take over') return takenOver(fault, struck)
  return { hit: /hit/.test((await host.inside(onHost(fault)).catch(() => ({ stdout: '' }))).stdout) }
}

async function killed(going: Going, kill: () => void): Promise<Blow> {
  kill()
  return { hit: (await going.ended).exitCode === null }
}

/** It stands still; somebody takes the run off its host and goes on with it; then it wakes up and must find out. */
async function takenOver({ long }: Fault, { desk, going, run, goOn }: Struck): Promise<Blow> {
  if (run === undefined) return { hit: false }
  going.freeze()
  const unlocked = await desk.type('unlock', run, '--yes')
  if (unlocked.exitCode !== 0) {
    going.thaw()
    return { hit: true }
  }
  const next = goOn(run)
  await Promise.race([sleep(long), next.ended])
  going.thaw()
  return { hit: true, going: next, losers: [await going.ended, unlocked] }
}

const SESSIONS = "'^sshd: operator'"

function onHost({ kind, long, ends }: Fault): string {
  const seconds = (long / 1_000).toFixed(2)
  if (kind === 'cut') return `pkill -KILL -f ${SESSIONS} && echo hit`
  if (kind === 'stall') {
    return `pkill -STOP -f ${SESSIONS} && echo hit; sleep ${seconds}; pkill -${ends ? 'KILL' : 'CONT'} -f ${SESSIONS}`
  }
  // The next guard that makes a change, some milliseconds after it was seen.
  return `n=0; while [ $n -lt 150 ]; do
    p=$(pgrep -o -f '^/bin/sh /var/lib/runbook/guard-[0-9a-f]*.sh') && { sleep ${(long / 50_000).toFixed(3)}; kill -s KILL $p && echo hit; exit; }
    n=$((n + 1)); sleep 0.02
  done`
}
