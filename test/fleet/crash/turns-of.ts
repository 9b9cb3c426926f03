import type { PostgresServer } from '../../journal/postgres-server.ts'

/** Hosts whose turns are in the hands of a worker of this name. */
export async function turnsOf(server: PostgresServer, url: string, worker: string): Promise<readonly unknown[]> {
  const database = new URL(url.replace('@/', '@local/')).pathname.slice(1)
  return server.sql(
    `SELECT host FROM runbook.turns JOIN runbook.workers ON workers.id = turns.worker
     WHERE workers.name = '${worker}' AND state = 'open' AND host <> ''`,
    database,
  )
}
