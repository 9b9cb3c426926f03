import type { HostReport } from '../../engine/make-report.ts'
import type { Note } from '../../model/note.ts'
import { speakOfAll } from './speak-of-all.ts'

/** A note that hosts of different ends share. */
export interface CommonNote {
  readonly note: Note
  readonly hosts: readonly string[]
}

/**
 * Notes that hosts of different ends share, by {@link noteKey}: said once for all of them, they do not stand between what
 * became of a host and why.
 */
export function commonNotes(
  hosts: readonly HostReport[],
  endOf: (host: HostReport) => string,
): ReadonlyMap<string, CommonNote> {
  const noted = hosts.flatMap((report) =>
    report.notes
      .filter(({ level }) => level !== 'info')
      .map((note) => ({ note, report, key: noteKey(note, report.host) })),
  )
  const shared = [...Map.groupBy(noted, ({ key }) => key)].filter(
    ([, group]) => new Set(group.map(({ report }) => endOf(report))).size > 1,
  )
  return new Map(
    shared.map(([key, group]) => {
      const names = [...new Set(group.map(({ report }) => report.host))]
      const [spoken] = group.map(({ note, report }) => speakOfAll(note, report.host, names))
      // A group has at least one member.
      return [key, { note: spoken as Note, hosts: names }]
    }),
  )
}

/** What a note says of whichever host it is. */
export const noteKey = ({ code, text }: Note, host: string): string =>
  JSON.stringify([code, speakOfAll({ text }, host, [])])
