import { differencesSince, type HostState } from '../verdict/host-state.ts'
import { inside, inWords, RECORD } from '../verdict/snapshot.ts'
import type { Phase } from '../verdict/verdict.ts'
import { begunSteps, kindsOf, restartsOf } from '../verdict/what-happened.ts'
import type { Ended } from './drive-cli.ts'
import { restartFaults, type Undisturbed } from './run-act.ts'
import { phase, type Stage, troubles } from './stage.ts'

/**
 * Rolls the run back on its first host, rebooting where that needs it: files and what runs as first found, but for what
 * steps keep, which are named.
 */
export async function undoAct(stage: Stage, undisturbed: Undisturbed, found: HostState): Promise<Phase> {
  const { run, events, like, restarts } = undisturbed
  const host = stage.hosts.find(({ name }) => name === like)
  if (begunSteps(events, like).length === 0) {
    return phase('rollback', 'there was no change to put back', async () => [])
  }
  let kept: readonly string[] = []
  const done = await phase('rollback', 'files and what runs as first found', async () => {
    if (!run || !host) return ['there was no run to roll back']
    const ended = await stage.again(['rollback', run, '--reboot', '--limit', like]).ended
    kept = keptSteps(ended)
    const keptPaths = await writtenBy(
      kept,
      await inside(host, `cat ${RECORD}/runs/${run}/manifest 2>/dev/null || true`),
    )
    const left = (await differencesSince(host, found)).filter(({ path }) => !keptPaths.has(path))
    const back = restartsOf(ended.events, like, kindsOf(events))
    return [
      ...troubles(ended, 'rollback'),
      ...notBack(ended, like),
      ...left.map((one) => `after the rollback: ${inWords(one)}`),
      ...(await restartFaults([host], restarts + back)),
    ]
  })
  return done.passed && kept.length > 0
    ? { ...done, text: `${done.text}; kept, as the steps say: ${kept.join(', ')}` }
    : done
}

function notBack({ report }: Ended, name: string): readonly string[] {
  const { result = 'not in the report', text = '' } = report?.hosts.find(({ host }) => host === name) ?? {}
  return result === 'rolled-back' ? [] : [`${name} is ${result} after the rollback: ${text}`]
}

/** Steps that have begun and have neither a rollback nor a settle, by the way back as it was announced. */
function keptSteps({ said }: Ended): readonly string[] {
  const ways = said.filter(({ type }) => type === 'way-back')
  return [...new Set(ways.flatMap(({ keep }) => (Array.isArray(keep) ? keep.map(String) : [])))]
}

/** Paths that these steps wrote, by the host's own record: before, after, mode, owner, label, step, path and a colon. */
function writtenBy(steps: readonly string[], manifest: string): ReadonlySet<string> {
  const lines = manifest.split('\n').map((line) => line.split(' '))
  const own = lines.filter(([, , , , , step = '']) => steps.includes(step))
  return new Set(own.map((words) => words.slice(6).join(' ').replace(/:$/, '')))
}
