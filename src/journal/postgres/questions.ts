import type { ControllerProcess, RunSummary } from '../../engine/ports.ts'
import { damagedRow } from '../journal-errors.ts'
import { type ChainEnd, EMPTY_CHAIN, type Row } from '../row.ts'
import { gapsIn, verifyChain } from '../verify-chain.ts'
import type { Database } from './connect.ts'

/** The journal's questions as SQL, beside the writes of rows. Each may be asked twice. */
export function questions({ ask }: Database) {
  const rows = async (sql: string, values: readonly unknown[]): Promise<Row[]> =>
    (await ask<StoredRow>(`SELECT ${COLUMNS} FROM runbook.events ${sql}`, values)).map(row)

  return {
    /** Without a host, all rows of the run; of a host only those behind a number. */
    rows: (run: string, host: string | undefined, after = 0): Promise<Row[]> =>
      host === undefined
        ? rows('WHERE run = $1 ORDER BY seq', [run])
        : rows('WHERE run = $1 AND host = $2 AND seq > $3 ORDER BY link', [run, host, after]),

    rowsSince: (run: string, seq: number): Promise<Row[]> =>
      rows('WHERE run = $1 AND seq > $2 ORDER BY seq LIMIT 5000', [run, seq]),

    async head(run: string, host: string): Promise<string> {
      const [end] = await ask<{ head: string }>('SELECT head FROM runbook.chains WHERE run = $1 AND host = $2', [
        run,
        host,
      ])
      return end?.head ?? ''
    },

    /** Throws JournalFailed where the first row of any run cannot be read. */
    async runs(): Promise<RunSummary[]> {
      const begun = await ask<StoredSummary>(SUMMARIES)
      const spoiled = begun.find(({ kind }) => kind !== 'object')
      if (spoiled) throw damagedRow(Number(spoiled.seq), spoiled.run)
      return begun.map(summary)
    },

    async verify(run: string): Promise<readonly string[]> {
      const [all, ends, seqs] = await Promise.all([
        rows('WHERE run = $1 ORDER BY host, link', [run]),
        ask<ChainEnd & { host: string }>('SELECT host, links, head FROM runbook.chains WHERE run = $1', [run]),
        ask<{ seq: string }>(AROUND, [run]),
      ])
      const chains = Map.groupBy(all, ({ host }) => host)
      const noted = new Map(ends.map(({ host, links, head }) => [host, { links, head }]))
      const hosts = [...new Set([...noted.keys(), ...chains.keys()])].toSorted()
      const faults = hosts.flatMap((host) =>
        verifyChain({ run, host }, chains.get(host) ?? [], noted.get(host) ?? EMPTY_CHAIN),
      )
      return faults.length > 0 ? faults : gapsIn(seqs.map(({ seq }) => Number(seq)))
    },

    async holder(run: string): Promise<ControllerProcess | null> {
      const [found] = await ask<StoredProcess>(`SELECT ${PROCESS} FROM runbook.processes WHERE run = $1`, [run])
      return found ? controller(found) : null
    },

    /** Replaces `holder` by `process` if it is the holder still. */
    async take(run: string, holder: ControllerProcess | null, process: ControllerProcess): Promise<boolean> {
      const taken =
        holder === null
          ? await ask(
              `INSERT INTO runbook.processes (run, ${PROCESS}) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
               RETURNING run`,
              [run, ...values(process)],
            )
          : await ask(
              `UPDATE runbook.processes SET (${PROCESS}) = ROW($2, $3, $4, $5)
               WHERE run = $1 AND (${PROCESS}) = ($6, $7, $8, $9) RETURNING run`,
              [run, ...values(process), ...values(holder)],
            )
      return taken.length > 0
    },

    async detach(run: string, process: ControllerProcess): Promise<void> {
      await ask(`DELETE FROM runbook.processes WHERE run = $1 AND (${PROCESS}) = ($2, $3, $4, $5)`, [
        run,
        ...values(process),
      ])
    },

    async storeFiles(hash: string, files: string): Promise<void> {
      await ask('INSERT INTO runbook.bundles (hash, files) VALUES ($1, $2) ON CONFLICT DO NOTHING', [hash, files])
    },

    async files(hash: string): Promise<string | null> {
      const [found] = await ask<{ files: string }>('SELECT files FROM runbook.bundles WHERE hash = $1', [hash])
      return found?.files ?? null
    },
  }
}

const COLUMNS = 'seq, run, host, type, v, at, body, link, previous, hash'
const PROCESS = 'pid, start_time, boot_id, machine'

const SUMMARIES = `
  SELECT seq, events.run, at, kind, pid, start_time, boot_id, machine,
    CASE kind WHEN 'object' THEN body::jsonb ->> 'runbook' END AS runbook,
    CASE kind WHEN 'object' THEN body::jsonb ->> 'who' END AS who,
    CASE kind WHEN 'object' THEN jsonb_array_length(body::jsonb -> 'hosts') END AS hosts
  FROM runbook.events
    LEFT JOIN runbook.processes ON processes.run = events.run, LATERAL runbook.kind(body) AS kind
  WHERE type = 'run' ORDER BY seq DESC`

/** The numbers of all rows, of any run, between the first row of this one and its last. */
const AROUND = `
  SELECT seq FROM runbook.events WHERE seq BETWEEN (SELECT min(seq) FROM runbook.events WHERE run = $1)
    AND (SELECT max(seq) FROM runbook.events WHERE run = $1) ORDER BY seq`

/** pg gives bigint as text. */
type StoredRow = Omit<Row, 'seq' | 'at'> & { readonly seq: string; readonly at: string }

const row = ({ seq, at, ...rest }: StoredRow): Row => ({ ...rest, seq: Number(seq), at: Number(at) })

interface StoredProcess {
  readonly pid: string | null
  readonly start_time: string
  readonly boot_id: string
  readonly machine: string
}

interface StoredSummary extends StoredProcess {
  readonly seq: string
  readonly run: string
  readonly at: string
  readonly kind: string
  readonly runbook: string
  readonly who: string
  readonly hosts: number
}

function summary(stored: StoredSummary): RunSummary {
  const { run, runbook, at, who, hosts } = stored
  return { run, runbook, at: Number(at), who, hosts, process: stored.pid === null ? null : controller(stored) }
}

const controller = ({ pid, start_time, boot_id, machine }: StoredProcess): ControllerProcess => ({
  pid: Number(pid),
  startTime: start_time,
  bootId: boot_id,
  machine,
})

const values = ({ pid, startTime, bootId, machine }: ControllerProcess) => [pid, startTime, bootId, machine]
