import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadRunbook } from '../../src/commands/find.ts'
import { findProject } from '../../src/commands/project/find-project.ts'
import { journalFile, makeStateFolder, stateFolder } from '../../src/commands/state-folder.ts'
import { placeSteps } from '../../src/engine/place-steps.ts'
import type { Journal } from '../../src/engine/ports.ts'
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import type { Event, RunHost } from '../../src/model/event.ts'
import type { HostPlan } from '../../src/model/plan.ts'

export interface BrokenRunParts {
  readonly hosts: number
  /** Where they are dialled, on this machine. */
  readonly port: number
  readonly environment: Readonly<Record<string, string | undefined>>
}

const RUN = 'bench'
const AT_ONCE = 200

/** A project with the journal of one run, of which every other host came to its end and nobody will write the rest. */
export async function makeBrokenRun(
  folder: string,
  { hosts: count, port, environment }: BrokenRunParts,
): Promise<{ readonly run: string; readonly rows: number }> {
  mkdirSync(join(folder, 'runbooks'))
  for (const name of ['tune.ts', 'ten-steps.ts']) {
    copyFileSync(join(import.meta.dirname, '../task', name), join(folder, 'runbooks', name))
  }
  const key = join(folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', key])
  const project = await findProject(folder)
  const { runbook, files, versions } = await loadRunbook('tune', project)
  const steps = placeSteps(runbook.steps({})).map(({ step }) => step)
  const hosts = Array.from({ length: count }, (_, index) => runHost(index, { port, key }))
  const state = stateFolder(project, environment)
  await makeStateFolder(state)
  const journal = await openSqliteJournal(journalFile(state), { redact: (text) => text })
  let rows = 0
  const append = async (events: readonly Event[]) => {
    const written = await journal.append(events)
    rows += written.length
  }
  await append([
    {
      type: 'run',
      run: RUN,
      runbook: runbook.name,
      bundle: await journal.storeBundle(files),
      versions: await versions(),
      inventory: 'bench',
      hosts,
      rollout: { batches: ['100%'], maxFailed: 0 },
      onFailure: 'stop',
      overrides: [],
      exact: false,
      who: 'operator@bench',
      reason: '',
    },
  ])
  const plans = hosts.map(({ name }) => planOf(name, steps))
  await inTurn(plans, (plan) => append([{ type: 'planned', run: RUN, host: plan.host, plan }]))
  await append([
    {
      type: 'approved',
      run: RUN,
      plans: Object.fromEntries(plans.map(({ host, hash }) => [host, hash])),
      who: 'operator@bench',
    },
  ])
  const begun = hosts.filter((_, index) => index % 2 === 0)
  await inTurn(begun, ({ name }) => append(rowsOf(name, steps, journal)))
  await journal.close()
  return { run: RUN, rows }
}

function runHost(index: number, { port, key }: { readonly port: number; readonly key: string }): RunHost {
  return {
    name: `hv-${String(index).padStart(5, '0')}`,
    connection: {
      address: '127.0.0.1',
      port,
      user: 'root',
      identityFiles: [key],
      knownHosts: [],
      hostKeys: { kind: 'accept-new' },
      become: 'none',
    },
    params: {},
    overrides: {},
  }
}

const HASH = 'f'.repeat(64)

type Steps = readonly { readonly id: string; readonly kind: HostPlan['steps'][number]['kind'] }[]

function planOf(host: string, steps: Steps): HostPlan {
  return {
    host,
    state: 'ready',
    steps: steps.map(({ id, kind }) => ({
      step: id,
      kind,
      state: kind === 'gate' ? 'satisfied' : 'needed',
      text: `write the file that ${id} speaks of`,
      certainty: 'certain',
      notes: [],
    })),
    hash: HASH,
  }
}

/** Eighteen rows: with its plan a host that was begun has nineteen, one that was not has one. */
function rowsOf(host: string, steps: Steps, journal: Journal): readonly Event[] {
  const place = { run: RUN, host }
  const changes = steps.filter(({ kind }) => kind === 'step')
  return [
    {
      type: 'claim',
      ...place,
      token: { epoch: 1, run: RUN, random: '0123456789abcdef' },
      bootId: journal.id,
    },
    ...changes.flatMap(({ id: step }): Event[] => {
      const act = { ...place, step, act: 'apply', attempt: 1 } as const
      const result = { outcome: 'changed', text: `write the file that ${step} speaks of`, notes: [] } as const
      return [
        { type: 'intent', ...act, found: { before: `sha256:${HASH}` } },
        { type: 'outcome', ...act, result, milliseconds: 40 },
      ]
    }),
    { type: 'release', ...place, result: 'changed', text: `${changes.length} steps changed`, head: HASH },
  ]
}

async function inTurn<Value>(values: readonly Value[], work: (value: Value) => Promise<void>): Promise<void> {
  const queue = values.values()
  const next = async () => {
    for (const value of queue) await work(value)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
}
