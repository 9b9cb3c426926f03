import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { cleanUp, type Going, laptop } from '../command-line.ts'
import { seeded } from '../hosts/seeded.ts'
import { BACKED, guest, type InstanceState, noticedByNova, reset, stateOf } from './instance-host.ts'

const HOSTS = 3
/** On each host: so many kills are followed by a resume, and so many by the host's own way back. */
const RESUMED = 6
const LEFT_ALONE = 4
/** Rows that a whole run writes, and those that a resume has left, more or less. */
const [ROWS, ROWS_LEFT] = [20, 10]
const SEED = Number(process.env.RUNBOOK_TEST_SEED ?? Math.floor(Math.random() * 1e9))

interface Kill {
  readonly moment: string
  /** What the host came to after it: by resumes until one ended by itself, or alone. */
  readonly state: InstanceState
  readonly exitCode?: number | null
}

interface Story {
  readonly host: ContainerHost
  readonly resumed: readonly Kill[]
  readonly leftAlone: readonly Kill[]
  readonly noticed: readonly string[]
}

let set: ContainerSet
let stories: readonly Story[]

beforeAll(async () => {
  const model = () => ({ guests: [guest('rb-guest')] })
  set = await upHosts({ count: HOSTS, model, say: () => {}, mayInstall: async () => true })
  stories = await Promise.all(set.hosts.map((host, index) => play(host, seeded(SEED + index))))
  for (const { host, resumed, leftAlone } of stories) {
    process.stdout.write(
      `${host.name}, seed ${SEED}: resumed: ${resumed.map(({ moment }) => moment).join('; ')}. Left alone: ${leftAlone.map(({ moment }) => moment).join('; ')}\n`,
    )
  }
}, 600_000)

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

describe(`hugepages-instance, its controller killed at random moments (seed ${SEED})`, () => {
  it('is killed at 30 of them', () => {
    expect(stories.flatMap(({ resumed, leftAlone }) => [...resumed, ...leftAlone]).length).toBeGreaterThanOrEqual(30)
  })

  it('ends by resumes with the guest on its pages and nova-compute as it was', () => {
    const ends = stories.flatMap(({ resumed }) => resumed.map(({ state, exitCode }) => ({ state, exitCode })))

    expect(ends).toEqual(ends.map(() => ({ state: BACKED, exitCode: 0 })))
  })

  it('has the guest and nova-compute back by the host itself, at the deadline, when nobody resumes', () => {
    const ends = stories.flatMap(({ leftAlone }) => leftAlone.map(({ state }) => state))

    expect(ends.map(({ guest, nova, armed }) => ({ guest, nova, armed }))).toEqual(
      ends.map(() => ({ guest: 'running', nova: 'active', armed: false })),
    )
    // As it was defined before, or wholly done: never defined one way and running another.
    expect(ends.filter(({ defined, pagesKib }) => defined !== pagesKib > 0)).toEqual([])
  })

  it('never has nova-compute notice that the guest was off', () => {
    expect(stories.flatMap(({ noticed }) => noticed)).toEqual([])
  })
})

async function play(host: ContainerHost, random: () => number): Promise<Story> {
  const resumed: Kill[] = []
  while (resumed.length < RESUMED) resumed.push(...(await runAndResume(host, random, RESUMED - resumed.length)))
  const leftAlone: Kill[] = []
  while (leftAlone.length < LEFT_ALONE) {
    const kill = await runAndLeave(host, random)
    if (kill) leftAlone.push(kill)
  }
  return { host, resumed, leftAlone, noticed: await noticedByNova(host) }
}

const started = (words: readonly string[], host: ContainerHost, more: readonly string[]) => [
  ...words,
  'hugepages-instance',
  '-i',
  set.inventory,
  '-l',
  host.name,
  '-e',
  'instances=rb-guest',
  ...more,
  '--yes',
  '--json',
]

/** One run that is killed again and again, and resumed each time. */
async function runAndResume(host: ContainerHost, random: () => number, left: number): Promise<readonly Kill[]> {
  const { start } = await laptop()
  const moments: string[] = []
  let run = ''
  for (;;) {
    const going = run === '' ? start(...started(['run'], host, [])) : start('resume', run, '--yes', '--json')
    if (moments.length < left) void killSoon(going, random, run === '' ? ROWS : ROWS_LEFT)
    const { exitCode, rows } = await going.ended
    run ||= rows[0]?.run ?? ''
    if (exitCode === null) {
      moments.push(momentOf(rows))
      continue
    }
    const state = await stateOf(host)
    await reset(host)
    return moments.map((moment) => ({ moment, state, exitCode }))
  }
}

/** One run that is killed and left to the host, which waits 5 seconds; null where the run was over before. */
async function runAndLeave(host: ContainerHost, random: () => number): Promise<Kill | null> {
  const { start } = await laptop()
  const going = start(...started(['run'], host, ['-e', 'novaBackWithin=5s']))
  void killSoon(going, random, ROWS)
  const { exitCode, rows } = await going.ended
  await untilQuiet(host)
  const state = await stateOf(host)
  await reset(host)
  return exitCode === null ? { moment: momentOf(rows), state } : null
}

/** Some rows and some milliseconds from the start: between its commands, and while they run. */
async function killSoon(going: Going, random: () => number, rows: number): Promise<void> {
  const wanted = 1 + Math.floor(random() * rows)
  const pause = random() * (random() < 0.3 ? 4_000 : 400)
  let seen = 0
  const due = new Promise<void>((resolve) => going.onRow(() => ++seen === wanted && resolve()))
  await Promise.race([due.then(() => sleep(pause)), going.ended])
  going.kill()
}

/** Until no change runs on the host any more and no switch of it is armed or at work. */
async function untilQuiet(host: ContainerHost): Promise<void> {
  const busy =
    "systemctl list-units --no-legend 'runbook-switch-*' | grep -q . || pgrep -f '^/usr/bin/timeout .*/var/lib/runbook' >/dev/null"
  for (let second = 0; second < 60; second += 1) {
    const { stdout } = await host.inside(
      `for i in 1 2 3 4 5; do if ${busy}; then sleep 1; else sleep 0.2; fi; done; if ${busy}; then echo busy; fi`,
    )
    if (stdout === '') return
  }
  throw new Error(`${host.name} does not come to rest`)
}

function momentOf(rows: Going['rows']): string {
  const last = rows.at(-1)
  if (!last) return 'before its first row'
  return 'step' in last && last.step ? `after ${last.type} of ${last.step}` : `after ${last.type}`
}
