import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../../model/errors.ts'
import type { Say } from '../docker/progress.ts'

// What systemd and the emulation of one host take of root's inotify instances, which all containers share.
const PER_HOST = 7
const WAIT_SECONDS = 180

/**
 * Waits until so many more hosts get the file watches that systemd cannot start without: it would end without a word.
 * Throws RunbookError when the hosts of others do not go within three minutes.
 */
export async function needWatches(hosts: number, say: Say): Promise<void> {
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'))
  for (let second = 0; ; second += 1) {
    const used = watchesInUse()
    const fit = Math.max(Math.floor((limit - used) / PER_HOST), 0)
    if (hosts <= fit) return
    const full =
      `${hosts} more test hosts do not fit on this machine: it allows ${limit} inotify instances, ${used} are in use, ` +
      `and a host takes ${PER_HOST}`
    if (second >= WAIT_SECONDS || hosts * PER_HOST > limit) throw new RunbookError(full, remedyOf(fit))
    if (second === 0) say(`${full}: waiting up to ${WAIT_SECONDS}s for other hosts to go`)
    await sleep(1_000)
  }
}

const remedyOf = (fit: number) => ({
  code: 'E_TEST_HOSTS_FULL',
  remedy: `Take other hosts down, ask for at most ${fit}, or raise fs.inotify.max_user_instances.`,
})

function watchesInUse(): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return processes.reduce((sum, number) => sum + watchesOf(`/proc/${number}`), 0)
}

/** Of root alone, whose limit it is; none where the process has ended. */
function watchesOf(process: string): number {
  try {
    if (statSync(process).uid !== 0) return 0
    const targets = readdirSync(`${process}/fd`).map((name) => linkTarget(`${process}/fd/${name}`))
    return targets.filter((target) => target === 'anon_inode:inotify').length
  } catch {
    return 0
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
