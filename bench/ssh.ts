/**
 * What ssh2 and the system's ssh cost: `node bench/ssh.ts HOST PORT USER KEY KNOWN_HOSTS [LINES]`. Default 20 lines.
 * CPU of the machine is measured too, for the system's ssh works in processes of its own; so let nothing else run.
 */
import { cpus } from 'node:os'
import type { HostConnection } from '../src/model/inventory.ts'
import { createSshTransport } from '../src/transport/transport.ts'

const COMMANDS = 500
const [address = '127.0.0.1', port = '22', user = 'root', key = '', knownHosts = '', lines = '20'] =
  process.argv.slice(2)

for (const transport of ['ssh2', 'openssh'] as const) {
  const way = createSshTransport({ reveal: () => raise('no secret is named'), environment: process.env })
  const connection: HostConnection = {
    address,
    port: Number(port),
    user,
    identityFiles: key === '' ? [] : [key],
    knownHosts: [knownHosts],
    hostKeys: { kind: 'strict' },
    become: 'none',
    transport,
  }
  const open = () => way.open({ name: 'host', connection }, { deadline: '2m' })
  const first = await measured(1, open)
  print(transport, 'the first line, to its first answer', first.cost)
  const more = await measured(Number(lines), () => Promise.all(Array.from({ length: Number(lines) }, open)))
  print(transport, `each of ${lines} lines at once`, more.cost)
  const one = first.value
  const apart = await measured(COMMANDS, async () => {
    for (let count = 0; count < COMMANDS; count += 1) await one.look('true', { limit: '10s' })
  })
  print(transport, 'each command, one after the other', apart.cost)
  const together = await measured(COMMANDS, () =>
    Promise.all(Array.from({ length: COMMANDS }, () => one.look('true', { limit: '30s' }))),
  )
  print(transport, `each of ${COMMANDS} commands at once`, together.cost)
  await way.close()
}

interface Cost {
  readonly wall: number
  readonly own: number
  readonly machine: number
}

/** Milliseconds for one of `count`. */
async function measured<Value>(count: number, work: () => Promise<Value>): Promise<{ value: Value; cost: Cost }> {
  const [begin, own, machine] = [performance.now(), process.cpuUsage(), busy()]
  const value = await work()
  const { user: inUser, system } = process.cpuUsage(own)
  const cost = {
    wall: (performance.now() - begin) / count,
    own: (inUser + system) / 1_000 / count,
    machine: (busy() - machine) / count,
  }
  return { value, cost }
}

/** Milliseconds that all processors have worked. */
function busy(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}

function print(transport: string, what: string, { wall, own, machine }: Cost): void {
  const columns = [wall, own, machine].map((value) => value.toFixed(2).padStart(9))
  process.stdout.write(`${transport.padEnd(9)}${what.padEnd(38)}${columns.join(' ms')} ms (wall, own CPU, machine)\n`)
}

function raise(what: string): never {
  throw new Error(what)
}
