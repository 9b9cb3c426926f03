import type { Claimed } from '../../src/engine/guard-port.ts'
import { makeReport, type RunReport } from '../../src/engine/make-report.ts'
import type { IntentEvent, Recorded, ReleaseEvent, Token } from '../../src/model/event.ts'
import type { FakeHost } from '../../src/testing.ts'
import type { Deed, GuardRequest, Witness } from './life/watch.ts'
import type { SmallRun } from './runs/small-run.ts'
import { FIRST, SECOND } from './verbs.ts'
import { hostOf, type World } from './world.ts'

/** The promises of docs/failure-model.md, word for word. */
export const GUARANTEES = {
  written: 'Written down first. An intent is on disk before the first byte of its change leaves the controller.',
  host: 'The host decides. What a host can tell is asked of the host; the journal is believed only in what no host can tell.',
  owner:
    'One owner. A host takes changes only from the holder of its latest token; a controller that lost it is refused by the host itself.',
  reboot:
    'One reboot. A reboot that was written down is never asked for again once the boot id differs, and never doubled while it is the same.',
  found: 'First found, last restored. Undo restores what the first attempt of the run found, whatever died in between.',
  debts:
    "Debts stay. A bracket that was entered is left, or stands as a debt in `status` and keeps the host's owner record.",
  guessed: 'Never guessed. A once-command whose end nobody saw waits for a person.',
  budget: 'No more than the budget. Hosts beyond the budget are not started, rebooting hosts included.',
  inside:
    'Inside its bracket. What a bracket is around is changed and undone only while the host stands in it, reboots included.',
  free: "Let go. A host on which a run has ended is free for others, or the run's end says what still holds it.",
} as const

export type Guarantee = keyof typeof GUARANTEES

export class BrokenGuarantee extends Error {
  readonly guarantee: Guarantee

  constructor(guarantee: Guarantee, because: string) {
    super(because)
    this.guarantee = guarantee
  }
}

/** Judges each deed at the moment at which the host took it or the journal stored it. */
export function witness(run: SmallRun): Witness {
  return {
    async taken(world, deed) {
      if (deed.kind === 'row') return heard(run, world, deed)
      return onHost(run, world, deed)
    },
  }
}

async function onHost(run: SmallRun, world: World, deed: Exclude<Deed, { kind: 'row' }>): Promise<void> {
  const { host: name, verb, request } = deed
  const host = hostOf(world, name)
  const { token } = request
  if (deed.kind === 'guard-done' && verb === 'claim') {
    startsHost(run, world, name, request.life)
    world.seen.set(`given ${name}`, sign((deed.answer as Claimed).token))
  }
  if (deed.kind === 'guard-done' && (verb === 'unlock' || verb === 'fire')) {
    if (verb === 'unlock' || deed.answer === 'fired') world.seen.set(`given ${name}`, verb)
    if (verb === 'unlock') world.seen.set(`unlocked ${name}`, 1)
    return
  }
  const took = deed.kind === 'guard' || TAKES.has(verb)
  if (!took || !token) return
  if (verb === 'disarm' && deed.kind === 'guard-done' && !(deed.armed && deed.answer === 'disarmed')) return
  const latest = world.seen.get(`given ${name}`)
  if (latest !== sign(token)) {
    throw new BrokenGuarantee('owner', `${name} took ${verb} under ${sign(token)}, but the latest token is ${latest}`)
  }
  // What a run finds entered after it was let in by an unlock is not its own to leave.
  if (verb === 'release' && token.run === FIRST) await leavesNothingOwed(run, host)
  if (verb === 'change' || verb === 'arm')
    writtenFirst(world, name, verb === 'arm' ? { ...request, act: undefined } : request)
  if (verb === 'change') changes(run, world, host, request)
  if (verb === 'requestReboot') rebootAsked(world, host, request)
  if (token.run === FIRST && (verb === 'change' || verb === 'requestReboot')) insideBracket(run, host, request)
}

const TAKES = new Set(['requestReboot', 'arm', 'disarm', 'release'])

/** The host gives each epoch once, so that its lot is not needed to tell tokens apart. */
const sign = ({ epoch, run }: Token): string => `epoch ${epoch} of the ${run} run`

const intentKey = (
  host: string,
  {
    run,
    step,
    act,
    attempt,
  }: { run: string; step?: string | undefined; act?: string | undefined; attempt?: number | undefined },
) => `intent ${run} ${host} ${act} ${step} ${attempt}`

function writtenFirst(
  world: World,
  host: string,
  { token, step, act, attempt }: GuardRequest & { act?: string | undefined },
): void {
  const acts = act === undefined ? ['apply', 'enter'] : [act]
  const known = acts.some((one) => world.seen.has(intentKey(host, { run: token!.run, step, act: one, attempt })))
  if (known) return
  throw new BrokenGuarantee(
    'written',
    `${host} began ${act ?? 'to arm'} ${step} ${attempt}, and no journal has its intent`,
  )
}

function changes(run: SmallRun, world: World, host: FakeHost, { token, step = '', act, attempt }: GuardRequest): void {
  const { seen } = world
  const once = run.once?.includes(step) ?? false
  if (act === 'apply' && !once && run.wished(host).includes(step)) {
    throw new BrokenGuarantee('host', `${host.name} is told to do ${step} again, which it can tell is done`)
  }
  if (!once) return
  const key = `once ${token!.run} ${host.name} ${step}`
  if (seen.has(key) && seen.get(key) !== attempt) {
    throw new BrokenGuarantee('guessed', `${step} is run again on ${host.name}, and nobody was asked`)
  }
  seen.set(key, attempt ?? 0)
}

function rebootAsked({ seen }: World, host: FakeHost, { token, oldBootId }: GuardRequest): void {
  if (oldBootId !== host.bootId) {
    throw new BrokenGuarantee('reboot', `${host.name} is asked to reboot, and its boot id differs already`)
  }
  const boots = Number(seen.get(`boots ${token!.run} ${host.name}`) ?? 0)
  const written = [...seen.keys()].filter((key) => key.startsWith(`reboot ${token!.run} ${host.name} `)).length
  if (boots >= written) {
    throw new BrokenGuarantee(
      'reboot',
      `${host.name} is to reboot for the ${boots + 1}. time, for ${written} reboot that was written down`,
    )
  }
}

function insideBracket(run: SmallRun, host: FakeHost, { step = REBOOT_STEP, act }: GuardRequest): void {
  const bracket = run.within?.[step]
  if (bracket === undefined || run.entered(host).includes(bracket)) return
  throw new BrokenGuarantee(
    'inside',
    `${host.name} is told to ${act ?? 'boot for'} ${step}, and does not stand in ${bracket}`,
  )
}

/** A request to reboot does not name its step. */
const REBOOT_STEP = 'booted'

function startsHost({ rollout }: SmallRun, { seen }: World, host: string, life: string): void {
  const failures = Number(seen.get(`failures ${life}`) ?? 0)
  const oneByOne = rollout.batches[0] === 1
  if (oneByOne && failures > Number(rollout.maxFailed) && !seen.has(`began ${life} ${host}`)) {
    throw new BrokenGuarantee('budget', `${host} is started, and ${failures} failed before it`)
  }
  seen.set(`began ${life} ${host}`, 1)
}

async function leavesNothingOwed(run: SmallRun, host: FakeHost): Promise<void> {
  const owed = run.entered(host)
  if (owed.length > 0)
    throw new BrokenGuarantee('debts', `${host.name} is let go of, and ${owed.join(', ')} is not left`)
}

/** A row that the journal has stored. */
async function heard(run: SmallRun, world: World, { row, life }: Extract<Deed, { kind: 'row' }>): Promise<void> {
  if (row.type === 'intent') keepIntent(world, row)
  if (row.type === 'release') await released(run, world, row, life)
}

function keepIntent({ seen }: World, row: IntentEvent): void {
  seen.set(intentKey(row.host, row), 1)
  if (row.reboot) seen.set(`reboot ${row.run} ${row.host} ${row.step} ${row.act}`, 1)
}

const FAILURES = new Set(['failed', 'partial', 'needs-a-person'])

async function released(run: SmallRun, world: World, row: ReleaseEvent, life: string): Promise<void> {
  const { seen } = world
  const host = hostOf(world, row.host)
  if (FAILURES.has(row.result)) seen.set(`failures ${life}`, Number(seen.get(`failures ${life}`) ?? 0) + 1)
  if (row.result === 'changed' || row.result === 'satisfied') {
    const missing = run.steps.filter((step) => !run.wished(host).includes(step))
    const guarantee = missing.some((step) => run.once?.includes(step)) ? 'guessed' : 'host'
    if (missing.length > 0) {
      throw new BrokenGuarantee(
        guarantee,
        `${row.host} ended ${row.result}, but it can tell that ${missing.join(', ')} is not done`,
      )
    }
  }
  if (row.result === 'rolled-back' && !run.asBefore(host)) {
    throw new BrokenGuarantee('found', `${row.host} ended rolled-back, and is not as it was before the run`)
  }
}

/** When nothing can happen any more: gives in words how the runs ended. */
export async function judgeEnd(run: SmallRun, { journals, hosts, seen }: World): Promise<string> {
  const reports = [
    statusOf(await journals.mine.journal.rows(FIRST)),
    statusOf(await journals.other.journal.rows(SECOND)),
  ]
  for (const host of hosts) {
    const ended = reports[0]?.hosts.find((one) => one.host === host.name)
    const mine = host.owner?.state === 'owned' && host.owner.token.run === FIRST
    // Without a head nothing was released: the run has not ended on the host.
    if (mine && ended?.head !== undefined && ended.owned === undefined) {
      throw new BrokenGuarantee('free', `${host.name} ended ${ended.result}, and is owned by the run still`)
    }
    if (mine && ended?.result === 'rolled-back') {
      throw new BrokenGuarantee('free', `${host.name} ended rolled-back, and is owned by the run for ${ended.owned}`)
    }
    const owed = run.entered(host)
    const debts = reports[0]?.hosts.find((one) => one.host === host.name)?.debts ?? []
    const holds = host.owner?.state === 'owned' || seen.has(`unlocked ${host.name}`)
    if (owed.length === 0 || (owed.every((bracket) => debts.includes(bracket)) && holds)) continue
    throw new BrokenGuarantee(
      'debts',
      `${host.name} stands in ${owed.join(', ')}; status names ${debts.join(', ') || 'none'}`,
    )
  }
  return reports.flatMap((report) => (report ? inWords(report) : [])).join(' | ') || 'nothing was begun'
}

/** What `status` says of a run, or null where its row was never written. */
export const statusOf = (rows: readonly Recorded[]): RunReport | null => (rows.length > 0 ? makeReport(rows) : null)

const inWords = ({ run, hosts }: RunReport): string =>
  `${run}: ${hosts.map(({ result, code }) => [result, code].filter(Boolean).join(' ')).join(', ')}`
