import { readFile } from 'node:fs/promises'

/** How many hosts are worked on at a time, and how many may be open at all, as between plan and run. */
export interface Width {
  readonly concurrency: number
  readonly mostOpen: number
  /** Where the files that this process may open are fewer than it would take. */
  readonly warning?: string
}

const USUAL = 50
/** What this process has open beside hosts: its own program, the journal, streams, and a few to spare. */
const OWN_FILES = 40
/** A line of the system's ssh has pipes of its own; one of ssh2 needs a single file. */
const FILES_OF_HOST = 6

/** Fits the hosts that were asked for into the files that this process may open; null: nobody says how many. */
export function widthOf(asked: number | undefined, files: number | null): Width {
  const wanted = asked ?? USUAL
  const most = files === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((files - OWN_FILES) / FILES_OF_HOST))
  if (wanted <= most) return { concurrency: wanted, mostOpen: most }
  const warning = `warning: this process may open ${files} files, so ${most} hosts are open at a time instead of ${wanted}; ulimit -n raises it`
  return { concurrency: most, mostOpen: most, warning }
}

/** The limit of this process, or null where the system does not tell it, or has none. */
export async function openFiles(): Promise<number | null> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1]
  return soft === undefined ? null : Number(soft)
}
