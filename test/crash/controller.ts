/**
 * One controller as a process of its own, which kills itself with SIGKILL at the place it is told: the product's own
 * parts, put together as the command line does, behind ports that can die.
 */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import hugepages from '../../runbooks/hugepages-1g.ts'
import { loadInventory } from '../../src/inventory/find-inventory.ts'
import { secretsFrom } from '../../src/inventory/secrets/secrets.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import type { Runbook } from '../../src/model/runbook.ts'
import { resumeOn, rollbackOn, runOn } from '../../src/testing.ts'
import { createSshTransport } from '../../src/transport/transport.ts'
import bracket from './bracket-runbook.ts'
import guarded from './guarded-runbook.ts'
import { type Death, mortalPorts } from './mortal.ts'
import { PARAMS } from './table.ts'

export interface Order {
  readonly verb: 'run' | 'resume' | 'rollback' | 'unlock' | 'inspect'
  readonly run: string
  readonly runbook: 'hugepages-1g' | 'bracket' | 'guarded'
  readonly host: string
  readonly inventory: string
  readonly journal: string
  readonly death: Death | null
  readonly reboot: boolean
  readonly limit: boolean
  readonly params: Readonly<Record<string, unknown>>
}

const order = JSON.parse(readFileSync(0, 'utf8')) as Order
const inventory = await loadInventory(order.inventory, '/')
const transport = createSshTransport({
  reveal: secretsFrom({ environment: process.env, ask: async () => null }).reveal,
})
const journal = await openSqliteJournal(order.journal, { redact: (text) => text })
const clock = {
  now: () => performance.now(),
  sleep: async (milliseconds: number, signal?: AbortSignal) => {
    await sleep(milliseconds, undefined, signal ? { signal } : {}).catch(() => {})
  },
}
const ports = mortalPorts({ journal, transport }, order.death, () => process.kill(process.pid, 'SIGKILL'))
const hosts = [{ name: order.host }]
const connections = Object.fromEntries([...inventory.hosts].map(([name, { connection }]) => [name, connection]))
const options = { ...ports, clock, run: order.run, connections, overrides: ['E_CONTAINER_KERNEL'] }
// A test only reads what the runbook's own schema accepts.
const runbook = { 'hugepages-1g': hugepages, bracket, guarded }[order.runbook] as Runbook<unknown>

async function obey(): Promise<unknown> {
  if (order.verb === 'run') return (await runOn(runbook, { ...PARAMS, ...order.params }, hosts, options)).report
  const limit = order.limit ? { limit: [order.host] } : {}
  if (order.verb === 'resume')
    return (await resumeOn(runbook, hosts, { ...options, reboot: order.reboot, ...limit })).report
  if (order.verb === 'rollback') return (await rollbackOn(runbook, hosts, { ...options, reboot: order.reboot })).report
  const target = { name: order.host, connection: connections[order.host]! }
  const connection = await transport.open(target, { deadline: '20s' })
  const answer =
    order.verb === 'unlock' ? await connection.guard.unlock(order.run) : await connection.guard.inspect(order.run)
  await connection.close()
  return answer
}

process.stdout.write(`${JSON.stringify(await obey())}\n`)
await transport.close()
await journal.close()
