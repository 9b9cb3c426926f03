import { blocked, satisfied } from '../../../model/check.ts'
import { sh } from '../../../model/command.ts'
import { type Duration, inWords, milliseconds } from '../../../model/duration.ts'
import { info, type Note, warning } from '../../../model/note.ts'
import { type Audit, audit, type Gate, gate, type Once, once } from '../../../model/step.ts'
import { lastDrop, writebackGuests } from '../../facts/kernel/drop-caches.ts'
import { memoryFigures } from '../../facts/memory.ts'
import { bytesInWords } from '../../formats/bytes.ts'
import type { Meminfo } from '../../formats/meminfo.ts'

/** The control file: write-only, so that no check can read what was dropped last. */
export const DROP_CACHES = '/proc/sys/vm/drop_caches'

/** Write-only too; a kernel without compaction does not have it. */
export const COMPACT_MEMORY = '/proc/sys/vm/compact_memory'

/** Seconds since boot at which caches were dropped last; gone with the boot. */
export const LAST_DROP = '/run/runbook-drop-caches'

/** Above this share of memory a sync may take long. */
const MUCH_DIRTY = 0.1

/** 1: pages of files; 2: directory entries and inodes; 3: both. */
export type DropLevel = 1 | 2 | 3

export interface DropParts {
  readonly level: DropLevel
  /** Write dirty pages to disk before: only clean ones can be dropped. Given up after 5 minutes. */
  readonly syncFirst: boolean
  /** The kernel says nothing of this drop, nor of later ones until it boots: it is asked for silence first. */
  readonly quiet: boolean
}

const WHAT: Readonly<Record<DropLevel, string>> = {
  1: 'the page cache',
  2: 'directory entries and inodes',
  3: 'the page cache, directory entries and inodes',
}

/** Drops clean caches, every time it runs. What was freed is told; nothing freed is no error. */
export const cachesDropped = ({ level, syncFirst, quiet }: DropParts): Once => {
  const sum = sh`awk '/^(Buffers|Cached|SReclaimable):/ { kibi += $2 } END { print kibi + 0 }' /proc/meminfo`
  // Silence is a level of its own: since kernel 3.15 the file takes 1 to 4, and 4 drops nothing.
  const silence = quiet ? sh`printf '%s\\n' 4 >${DROP_CACHES} && ` : sh``
  const drop = sh`${silence}printf '%s\\n' ${level} >${DROP_CACHES}`
  const stamp = sh`cut -d ' ' -f 1 /proc/uptime >${LAST_DROP}`
  return once({
    id: 'caches-dropped',
    does: `${syncFirst ? 'sync, then ' : ''}drop ${WHAT[level]}`,
    command: sh`${syncFirst ? sh`timeout 300 sync && ` : sh``} before=$(${sum}) && ${drop} && after=$(${sum}) && ${stamp} && echo "freed $((before - after)) kB"`,
    limit: '10m',
    notes: ({ stdout }) => freedNotes(stdout),
  })
}

/** Moves pages together, so that larger ones become free. */
export const memoryCompacted: Once = once({
  id: 'memory-compacted',
  does: 'compact memory',
  command: sh`printf '%s\\n' 1 >${COMPACT_MEMORY}`,
  limit: '10m',
})

/** Stops a host on which caches were dropped a shorter time ago than this. */
export const notDroppedLately = (interval: Duration): Gate =>
  gate({
    id: 'not-dropped-lately',
    async check(host) {
      const ago = await host.ask(lastDrop)
      if (ago === null) return satisfied('caches were not dropped since boot')
      if (ago * 1000 >= milliseconds(interval)) return satisfied(`caches were dropped ${inWords(ago * 1000)} ago`)
      return blocked({
        code: 'E_TOO_SOON',
        because: `caches of ${host.name} were dropped ${inWords(ago * 1000)} ago; minInterval is ${interval}`,
        remedy: 'Wait, or lower minInterval.',
      })
    },
  })

/** What there is to drop, and what makes it slow or risky. */
export const cachesAround: Audit = audit({
  id: 'caches-around',
  async check(host) {
    const [meminfo, guests] = await Promise.all([host.ask(memoryFigures), host.ask(writebackGuests)])
    const bytes = (name: string) => meminfo.get(name) ?? 0
    const droppable = bytes('Buffers') + bytes('Cached') + bytes('SReclaimable')
    const told = `${bytesInWords(droppable)} in caches, ${bytesInWords(dirty(meminfo))} of it dirty`
    return satisfied(told, { notes: aroundNotes(meminfo, guests) })
  },
})

/** Warnings before caches are dropped. */
export function aroundNotes(meminfo: Meminfo, guests: readonly string[]): readonly Note[] {
  const total = meminfo.get('MemTotal') ?? 0
  const much = dirty(meminfo) > total * MUCH_DIRTY
  const text = `${bytesInWords(dirty(meminfo))} of ${bytesInWords(total)} wait to be written: sync may take long`
  return [
    ...(much ? [warning('W_DIRTY', text)] : []),
    ...(guests.length > 0
      ? [
          warning(
            'W_WRITEBACK_GUESTS',
            `disks of ${guests.join(', ')} are cached here: their reads will be slow for a while`,
          ),
        ]
      : []),
  ]
}

const dirty = (meminfo: Meminfo): number => (meminfo.get('Dirty') ?? 0) + (meminfo.get('Writeback') ?? 0)

function freedNotes(stdout: string): readonly Note[] {
  const kibi = /^freed (-?\d+) kB$/m.exec(stdout)?.[1]
  if (kibi === undefined) return []
  const freed = Math.max(0, Number(kibi))
  return [info('I_FREED', `${bytesInWords(freed * 1024)} were freed`, { kibi: Number(kibi) })]
}
