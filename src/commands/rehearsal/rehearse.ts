import { randomInt } from 'node:crypto'

import { UsageError } from '../../model/errors.ts'
import { suggest } from '../../model/suggest.ts'
import type { On, Rehearsal } from '../../rehearsal/read-rehearsal.ts'
import type { Drill, RehearsalRequest } from '../../rehearsal/rehearse.ts'
import type { Options } from '../flags.ts'
import type { Ears } from '../operator.ts'
import { findProject } from '../project/find-project.ts'
import type { Call, Verb } from '../verb.ts'
import { findRehearsals } from './find-rehearsals.ts'
import { kindOfHosts } from './kind-of-hosts.ts'
import { mayInstall } from './may-install.ts'
import { rehearseAll } from './rehearse-all.ts'
import { verdictText } from './verdict-text.ts'

/** The set of hosts that `hosts up` makes too: `hosts down` takes it down. */
const KEPT_SET = 'rehearsal'

/** Real changes on throw-away hosts, with things going wrong on purpose. */
export const rehearse: Verb = {
  words: ['[runbook]', '[variant]'],
  flags: ['all', 'hosts', 'on', 'drill', 'seed', 'set', 'keep', 'yes', 'input', 'json'],
  examples: [
    ['runbook rehearse hugepages-1g', 'plan, run, run again, roll back, on one container host'],
    ['runbook rehearse hugepages-1g --hosts 3 --drill kill,reboot', 'and die in the middle'],
    ['runbook rehearse hugepages-1g --on vm -e count1g=1 -e count2m=64', 'on a virtual machine: nothing is emulated'],
    ['runbook rehearse --all --yes', 'every runbook, the controller killed in each; a table at the end'],
  ],
  async act(call) {
    const { operator, options } = call
    const shared = await sharedRequest(call)
    const ears = operator.hearSignals({
      tell: () => operator.say('Stopping; the hosts are taken down.'),
      farewell: 'Leaving at once. Hosts that are left go at the next rehearsal.',
    })
    try {
      const request = { ...shared, signal: ears.drain }
      return options.all ? await actAll(call, request, ears) : await actOne(call, request, ears)
    } finally {
      ears.release()
    }
  },
}

type Shared = Omit<RehearsalRequest, 'runbook' | 'rehearsal' | 'hear'> & { readonly on: On }

async function sharedRequest({ operator, options }: Call): Promise<Omit<Shared, 'signal'>> {
  const { all = false } = options
  return {
    on: await kindOfHosts(options),
    cli: operator.program,
    hosts: options.hosts ?? 1,
    drills: await drillsOf(options.drill ?? (all ? ['kill', 'rescue'] : [])),
    params: options.set ?? [],
    seed: options.seed ?? randomInt(1, 1_000_000),
    ...(options.keep ? { keepAs: KEPT_SET } : {}),
    say: operator.say,
    mayInstall: mayInstall(operator, options),
  }
}

async function drillsOf(names: readonly string[]): Promise<readonly Drill[]> {
  const { DRILLS } = await import('../../rehearsal/rehearse.ts')
  return names.map((name) => {
    const drill = DRILLS.find((known) => known === name)
    if (!drill) throw new UsageError(`--drill ${name}: the drills are ${DRILLS.join(', ')}`)
    return drill
  })
}

async function actOne({ operator, options, words }: Call, request: Shared, ears: Ears): Promise<number> {
  const [runbook, variant = ''] = words
  if (runbook === undefined) {
    throw new UsageError('runbook rehearse: name a runbook, or say --all', { remedy: 'runbook rehearse --help' })
  }
  const project = await findProject(operator.folder)
  const rehearsal = chooseVariant(runbook, variant, await findRehearsals(runbook, project, request.on))
  const [{ rehearse }, { phaseLine }] = await Promise.all([
    import('../../rehearsal/rehearse.ts'),
    import('../../rehearsal/verdict/wording.ts'),
  ])
  const hear: RehearsalRequest['hear'] = (phase) => operator.say(phaseLine(phase))
  const verdict = await rehearse({ ...request, runbook, rehearsal, hear })
  if (options.json) operator.put(JSON.stringify({ type: 'verdict', ...verdict }))
  else for (const line of verdictText(verdict, operator.dataLook())) operator.put(line)
  return ears.exitCode() ?? verdict.exitCode
}

async function actAll({ operator, options, words }: Call, request: Shared, ears: Ears): Promise<number> {
  const faults = allFaults(words, options)
  if (faults.length > 0) throw new UsageError(faults)
  return rehearseAll({ operator, json: options.json ?? false, request, ears })
}

/** What belongs to one runbook alone. */
function allFaults(words: readonly string[], { keep, set }: Options): readonly string[] {
  return [
    ...(words.length > 0 ? [`--all is every runbook: it goes without the name ${words[0]}`] : []),
    ...(keep ? ['--keep is for the hosts of one runbook: it does not go with --all'] : []),
    ...(set ? ['-e is for the parameters of one runbook: it does not go with --all'] : []),
  ]
}

function chooseVariant(runbook: string, name: string, all: readonly Rehearsal[]): Rehearsal {
  const found = all.find(({ variant }) => variant === name)
  if (found) return found
  const known = all.map(({ variant }) => variant).filter((variant) => variant !== '')
  const list = known.length > 0 ? `Variants: ${known.join(', ')}` : 'It has no variants'
  const meant = suggest(name, known)
  const advice = meant === undefined ? '' : ` Did you mean "${meant}"?`
  throw new UsageError(`rehearse ${runbook}: there is no variant ${JSON.stringify(name)}. ${list}.${advice}`)
}
