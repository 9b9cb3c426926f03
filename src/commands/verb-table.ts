import type { Verb } from './verb.ts'

/** One line of help, and where the verb is; it is loaded only when it is called. */
export interface VerbEntry {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Verb>
}

const entry = (name: string, summary: string, load: VerbEntry['load']): VerbEntry => ({ name, summary, load })

/** All verbs, in the order of the help. */
export const VERBS: readonly VerbEntry[] = [
  entry('plan', 'say what would change; nothing is touched', async () => (await import('./verbs/plan.ts')).plan),
  entry('run', 'plan, ask, then change', async () => (await import('./verbs/run.ts')).run),
  entry('resume', 'go on with a run that stopped', async () => (await import('./verbs/resume.ts')).resume),
  entry('rollback', 'put back what a run changed', async () => (await import('./verbs/rollback.ts')).rollback),
  entry('verify', 'prove that hosts are as wished', async () => (await import('./verbs/verify.ts')).verify),
  entry('ask', 'one question to many hosts, read-only', async () => (await import('./asking/ask.ts')).ask),
  entry('ping', 'reach, log in, become root', async () => (await import('./asking/ping.ts')).ping),
  entry(
    'keys',
    'host keys: which are known; take over new ones',
    async () => (await import('./reaching/keys.ts')).keys,
  ),
  entry('drift', 'what is no longer as runs left it', async () => (await import('./planning/drift.ts')).drift),
  entry(
    'history',
    'what was established on hosts, when and by whom',
    async () => (await import('./planning/history.ts')).history,
  ),
  entry(
    'rehearse',
    'the whole story on throw-away hosts',
    async () => (await import('./rehearsal/rehearse.ts')).rehearse,
  ),
  entry('hosts', 'throw-away hosts up or down', async () => (await import('./rehearsal/hosts.ts')).hosts),
  entry('approve', 'approve a run of workers, from anywhere', async () => (await import('./fleet/approve.ts')).approve),
  entry('pause', 'let workers begin no further host', async () => (await import('./fleet/halt-run.ts')).pause),
  entry(
    'cancel',
    'stop hosts of workers after the step in hand',
    async () => (await import('./fleet/halt-run.ts')).cancel,
  ),
  entry('worker', 'do the runs of a store', async () => (await import('./fleet/worker.ts')).worker),
  entry('resolve', 'decide a step that is in doubt', async () => (await import('./verbs/resolve.ts')).resolve),
  entry('unlock', 'take a run off its hosts', async () => (await import('./verbs/unlock.ts')).unlock),
  entry('clean', 'remove what finished runs left on hosts', async () => (await import('./verbs/clean.ts')).clean),
  entry('status', 'runs that need a hand, or one run', async () => (await import('./reading/status.ts')).status),
  entry('runs', 'all runs of this project', async () => (await import('./reading/runs.ts')).runs),
  entry('log', 'every event of a run', async () => (await import('./reading/log.ts')).log),
  entry('report', 'a run as a page, for a ticket, for CI', async () => (await import('./reading/report.ts')).report),
  entry('ui', 'runs in a browser, as they go', async () => (await import('./reading/ui.ts')).ui),
  entry('inventory', 'list, graph, or one host', async () => (await import('./reading/inventory.ts')).inventory),
  entry('show', 'parameters, steps, guards of a runbook', async () => (await import('./reading/show.ts')).show),
  entry('explain', 'what a code means and what to do', async () => (await import('./reading/explain.ts')).explain),
  entry('doctor', 'what is wrong with this set-up', async () => (await import('./doctor/doctor.ts')).doctor),
  entry(
    'completion',
    'let bash, zsh or fish complete command lines',
    async () => (await import('./completion/completion.ts')).completion,
  ),
  entry(
    'import',
    'make runbooks of playbooks of Ansible',
    async () => (await import('./importing/import-ansible.ts')).importAnsible,
  ),
  entry('new', 'begin a runbook, or a project', async () => (await import('./authoring/new.ts')).newRunbook),
  entry('check', 'find faults in runbooks and inventories', async () => (await import('./reading/check.ts')).check),
]
