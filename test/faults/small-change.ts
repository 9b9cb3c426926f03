import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunReport } from '../../src/engine/make-report.ts'
import { needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import type { HostConnection } from '../../src/model/inventory.ts'
import { defineRunbook, type Runbook } from '../../src/model/runbook.ts'
import { once, step } from '../../src/model/step.ts'
import { memoryJournal, resumeOn, runOn } from '../../src/testing.ts'
import { createSshTransport } from '../../src/transport/transport.ts'
import { type PrivateSshd, type PrivateSshdOptions, startPrivateSshd } from '../transport/hosts/private-sshd.ts'
import { reveal } from '../transport/hosts/reach.ts'
import { type Fault, type LineProxy, startProxy } from './proxy.ts'

const HOME = '/run/effects'

/** A command that is counted by the host itself: its beginning, its effect and its end. */
const counted = (id: string) =>
  sh`echo ${`begun ${id}`} >>${HOME}/log; echo x >>${HOME}/${id}; echo ${`ended ${id}`} >>${HOME}/log`

/** A command that would do harm twice, a file, and a command that nothing but its marker tells of. */
const smallChange = defineRunbook({
  name: 'small-change',
  summary: 'one of each kind of change',
  hosts: 'all',
  params: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as never,
  steps: () => [
    step<null>({
      id: 'appended',
      async check(host) {
        return (await host.read(`${HOME}/appended`)).state === 'present' ? satisfied('it is') : needed('append', null)
      },
      async apply(host) {
        await host.run(counted('appended'))
      },
      rollback: async () => {},
    }),
    step<{ before: string }>({
      id: 'written',
      async check(host) {
        const file = await host.read(`${HOME}/written`)
        return file.text === TEXT ? satisfied('it is') : needed('write', { before: file.fingerprint })
      },
      apply: (host, { before }) => host.write(`${HOME}/written`, TEXT, { replacing: before }),
      rollback: (host, { before }) => host.restore(`${HOME}/written`, before),
    }),
    once({ id: 'told', does: 'tell', command: counted('told') }),
  ],
}) as Runbook<unknown>

const TEXT = 'one line\nanother line\n'

/** What a run through a fault, and its resume behind it, left on the host. */
export interface Outcome {
  readonly tripped: boolean
  readonly first: RunReport
  readonly last: RunReport
  /** Effects that are not there, of three. */
  readonly lost: number
  /** Effects that are there more than once, and commands that began after they had ended. */
  readonly doubled: number
}

/** How many faults were tried over all, and what they did. */
export interface Totals {
  tried: number
  lost: number
  doubled: number
}

export const totalsText = ({ tried, lost, doubled }: Totals): string =>
  `faults tried: ${tried}, effects lost: ${lost}, effects doubled or commands run again: ${doubled}\n`

/** A host behind a proxy, on which the same change is made again and again. */
export interface Crossing {
  readonly sshd: PrivateSshd
  readonly proxy: LineProxy
  readonly connection: HostConnection
  /** Runs through the fault; the way stays shut behind it until the run has ended, and is opened for the resume. */
  across(fault: Fault | null): Promise<Outcome>
  down(): Promise<void>
}

export async function startCrossing(options: PrivateSshdOptions = {}): Promise<Crossing> {
  const sshd = await startPrivateSshd(options)
  const proxy = await startProxy(sshd.connection.port, { shutAfter: true })
  const known = join(sshd.folder, 'known_through_proxy')
  const [type, key] = readFileSync(join(sshd.folder, 'host_ed25519.pub'), 'utf8').split(' ')
  writeFileSync(known, `[127.0.0.1]:${proxy.port} ${type} ${key}\n`)
  const connection: HostConnection = { ...sshd.connection, port: proxy.port, knownHosts: [known], transport: 'ssh2' }

  async function across(fault: Fault | null): Promise<Outcome> {
    await sshd.inside(`rm -rf /var/lib/runbook ${HOME}; mkdir ${HOME}`)
    const journal = memoryJournal()
    const transport = createSshTransport({ reveal })
    const options = { journal, transport, connections: { 'hv-01': connection } }
    await proxy.open()
    proxy.arm(fault)
    try {
      const first = await runOn(smallChange, {}, [{ name: 'hv-01' }], options)
      const { tripped } = proxy
      await proxy.open()
      const names = { limit: ['hv-01'] }
      const again =
        first.report.exitCode === 0 ? first : await resumeOn(smallChange, [{ name: 'hv-01' }], { ...options, ...names })
      return { tripped, first: first.report, last: again.report, ...(await effects()) }
    } finally {
      await transport.close()
    }
  }

  async function effects(): Promise<Pick<Outcome, 'lost' | 'doubled'>> {
    const { stdout } = await sshd.inside(
      `cd ${HOME}; for f in appended told; do cat $f | wc -l; done; cat written | wc -l; cat log`,
    )
    const [appended = 0, told = 0, written = 0] = stdout.split('\n').slice(0, 3).map(Number)
    const log = stdout.split('\n').filter((line) => /^(begun|ended) /.test(line))
    const again = log.filter((line, index) => line.startsWith('begun') && log.slice(0, index).includes(line))
    return {
      lost: [appended, told, written / 2].filter((count) => count < 1).length,
      doubled: [appended, told, written / 2].filter((count) => count > 1).length + again.length,
    }
  }

  return {
    sshd,
    proxy,
    connection,
    across,
    async down() {
      await proxy.close()
      await sshd.down()
    },
  }
}
