import type { BatchStanding, Fleet, Standing, Turn } from '../../engine/fleet/fleet-port.ts'
import type { Database } from './connect.ts'

/** Who does what of which run, in the same database as the journal. */
export function postgresFleet(database: Database): Fleet {
  const { ask } = database

  return {
    async submit({ run, ...order }, turns) {
      const conducting = { host: '', place: 0, site: '', domain: '', asked: true }
      const placed = turns.map((turn, index) => ({ ...turn, place: index + 1 }))
      const [answer] = await ask<{ taken: boolean }>('SELECT runbook.submit($1, $2) AS taken', [
        JSON.stringify({ run, ...order }),
        JSON.stringify([conducting, ...placed]),
      ])
      return answer?.taken === true
    },

    async standing(run) {
      const [order] = await ask<StoredOrder>(STANDING, [run])
      if (order === undefined) return null
      const {
        phase,
        halted,
        yes,
        skip_unready: skipUnready,
        only_hosts: only,
        budget,
        failed,
        batches,
        workers,
      } = order
      return { phase, halted, order: { yes, skipUnready, only }, budget, failed: Number(failed), batches, workers }
    },

    async proceed(run, from, to) {
      await ask('UPDATE runbook.orders SET phase = $3 WHERE run = $1 AND phase = $2', [run, from, to])
    },

    async halt(run, how) {
      await ask("UPDATE runbook.orders SET halted = $2 WHERE run = $1 AND phase <> 'over'", [run, how])
    },

    async line(run, { batches, budget }) {
      await ask('SELECT runbook.line($1, $2, $3)', [run, JSON.stringify(batches), budget])
    },

    async open(run, batch) {
      await ask("UPDATE runbook.turns SET state = 'ready' WHERE run = $1 AND batch = $2 AND state = 'waiting'", [
        run,
        batch,
      ])
    },

    async join({ name, sites, leaseMilliseconds }) {
      const worker = crypto.randomUUID()
      await ask(
        `INSERT INTO runbook.workers (id, name, sites, lease, until)
         VALUES ($1, $2, $3, $4 * interval '1 millisecond', now() + $4 * interval '1 millisecond') ON CONFLICT DO NOTHING`,
        [worker, name, sites, leaseMilliseconds],
      )
      return worker
    },

    async renew(worker) {
      const renewed = await ask(
        `UPDATE runbook.workers SET until = clock_timestamp() + lease WHERE id = $1 AND runbook.lives(until, lease)
         RETURNING id`,
        [worker],
      )
      return renewed.length > 0
    },

    async leave(worker) {
      await ask('UPDATE runbook.turns SET worker = NULL WHERE worker = $1', [worker])
      await ask('DELETE FROM runbook.workers WHERE id = $1', [worker])
    },

    async claim(worker, { most, unfit }) {
      const [answer] = await ask<{ turns: readonly Turn[] }>('SELECT runbook.claim($1, $2, $3) AS turns', [
        worker,
        most,
        unfit,
      ])
      return answer?.turns ?? []
    },

    async finish(worker, { run, host }, end) {
      const state = { over: 'over', again: 'ready', left: 'open' }[end.kind]
      const failed = end.kind === 'over' && end.failed
      await ask(
        `UPDATE runbook.turns SET state = $4, failed = $5, worker = NULL
         WHERE run = $1 AND host = $2 AND worker = $3 AND state = 'open'`,
        [run, host, worker, state, failed],
      )
    },
  }
}

interface StoredOrder {
  readonly phase: Standing['phase']
  readonly halted: Standing['halted']
  readonly yes: boolean
  readonly skip_unready: boolean
  readonly only_hosts: readonly string[] | null
  readonly budget: number
  readonly failed: string
  readonly batches: readonly BatchStanding[]
  readonly workers: readonly string[]
}

const STANDING = `
  SELECT phase, halted, yes, skip_unready, only_hosts, budget,
    (SELECT count(*) FROM runbook.turns WHERE turns.run = orders.run AND failed) AS failed,
    (SELECT coalesce(json_agg(one ORDER BY batch), '[]') FROM (
      SELECT batch, count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'ready') AS ready,
        count(*) FILTER (WHERE state = 'open') AS open
      FROM runbook.turns WHERE turns.run = orders.run AND host <> '' AND state <> 'over' GROUP BY batch) AS one) AS batches,
    (SELECT coalesce(json_agg(DISTINCT name ORDER BY name), '[]')
      FROM runbook.turns JOIN runbook.living ON living.id = turns.worker WHERE turns.run = orders.run) AS workers
  FROM runbook.orders WHERE run = $1`
