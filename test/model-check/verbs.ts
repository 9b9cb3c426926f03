import type { Clock, Journal, Transport } from '../../src/engine/ports.ts'
import { resumeOn, rollbackOn, runOn } from '../../src/testing.ts'
import type { SmallRun } from './runs/small-run.ts'
import type { JournalName } from './world.ts'

export type Verb = 'run' | 'resume' | 'rollback' | 'unlock and resume' | 'run elsewhere' | 'unlock and run elsewhere'

interface Ports {
  readonly journal: Journal
  readonly transport: Transport
  readonly clock: Clock
}

interface Typed {
  readonly typed: string
  readonly journal: JournalName
  readonly work: (run: SmallRun, ports: Ports) => Promise<unknown>
}

/** What a person types, and what the product then does: through its own doors. */
export const VERBS: Readonly<Record<Verb, Typed>> = {
  run: { typed: 'runbook run', journal: 'mine', work: (run, ports) => start(run, ports, FIRST) },
  resume: { typed: 'runbook resume', journal: 'mine', work: resume },
  rollback: {
    typed: 'runbook rollback --reboot',
    journal: 'mine',
    async work(run, ports) {
      const { report } = await rollbackOn(run.runbook, hostsOf(run), { ...ports, run: FIRST, reboot: true })
      return report
    },
  },
  'unlock and resume': {
    typed: 'runbook unlock, then runbook resume',
    journal: 'mine',
    async work(run, ports) {
      await unlock(run, ports)
      return resume(run, ports)
    },
  },
  'run elsewhere': {
    typed: 'runbook run, on another laptop',
    journal: 'other',
    work: (run, ports) => start(run, ports, SECOND),
  },
  'unlock and run elsewhere': {
    typed: 'runbook unlock, then runbook run, on another laptop',
    journal: 'other',
    async work(run, ports) {
      await unlock(run, ports)
      return start(run, ports, SECOND)
    },
  },
}

export const FIRST = 'first'
export const SECOND = 'second'

async function start(run: SmallRun, ports: Ports, name: string): Promise<unknown> {
  const { report } = await runOn(run.runbook, {}, hostsOf(run), { ...ports, run: name, rollout: run.rollout })
  return report
}

async function resume(run: SmallRun, ports: Ports): Promise<unknown> {
  const { report } = await resumeOn(run.runbook, hostsOf(run), { ...ports, run: FIRST })
  return report
}

async function unlock(run: SmallRun, { transport }: Ports): Promise<void> {
  for (const host of hostsOf(run)) {
    const line = await transport.open({ ...host, connection: {} as never }, { deadline: '30s' })
    await line.guard.unlock(FIRST)
    await line.close()
  }
}

const hostsOf = ({ hosts }: SmallRun) => Array.from({ length: hosts }, (_, index) => ({ name: `hv-0${index + 1}` }))
