import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { RunbookError } from '../../model/errors.ts'

// What systemd and the emulation of one host take of the machine's inotify instances, which all containers share.
const PER_HOST = 7

/**
 * Throws RunbookError unless so many more hosts get the file watches that systemd cannot start without; it would end
 * without a word.
 */
export function needWatches(hosts: number): void {
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'))
  const used = watchesInUse()
  const fit = Math.max(Math.floor((limit - used) / PER_HOST), 0)
  if (hosts <= fit) return
  throw new RunbookError(
    `${hosts} more test hosts do not fit on this machine: it allows ${limit} inotify instances, ${used} are in use, ` +
      `and a host takes ${PER_HOST}`,
    {
      code: 'E_TEST_HOSTS_FULL',
      remedy: `Take other hosts down, ask for at most ${fit}, or raise fs.inotify.max_user_instances.`,
    },
  )
}

function watchesInUse(): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return processes.reduce((sum, number) => sum + watchesOf(`/proc/${number}/fd`), 0)
}

/** None where the process has ended or is not ours to look at. */
function watchesOf(folder: string): number {
  try {
    const targets = readdirSync(folder).map((name) => linkTarget(`${folder}/${name}`))
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
