import type { DatabaseSync } from 'node:sqlite'

import type { Row } from '../row.ts'

/** Where rows that another journal wrote had their place there: their hashes cover it. */
export const CARRIED = `
  CREATE TABLE IF NOT EXISTS carried (seq INTEGER PRIMARY KEY, was INTEGER NOT NULL) STRICT;
`

/** The places that rows had in the journal which they come from. */
export function carriedRows(database: DatabaseSync) {
  // A journal of schema 1 has no such table until it needs one.
  const isThere = () => database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'carried'").get() !== undefined
  return {
    /** Rows with the numbers with which they were written. */
    asWritten(rows: readonly Row[]): readonly Row[] {
      if (!isThere()) return rows
      const place = database.prepare('SELECT was FROM carried WHERE seq = ?')
      return rows.map((row) => ({ ...row, seq: Number(place.get(row.seq)?.was ?? row.seq) }))
    },
    /** Makes room for what comes from another journal; a product that knows none of that refuses the file from then on. */
    makeRoom(schema: number): void {
      database.exec(CARRIED)
      database.prepare("UPDATE meta SET value = ? WHERE name = 'schema'").run(String(schema))
    },
    note(seq: number, was: number): void {
      database.prepare('INSERT INTO carried (seq, was) VALUES (?, ?)').run(seq, was)
    },
  }
}
