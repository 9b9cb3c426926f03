import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recorded } from '../../../src/model/event.ts'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { COUNTS_FOLDER } from '../../../src/rehearsal/hosts/host-model.ts'
import {
  beyondRecord,
  differences,
  inWords,
  type Snapshot,
  takeSnapshot,
} from '../../../src/rehearsal/verdict/snapshot.ts'
import { cleanUp, type Ended, type Going, laptop } from '../command-line.ts'
import { commandsOf, countsOf, stateOf, type Trace } from '../hosts/host-state.ts'
import { seeded } from '../hosts/seeded.ts'

/** The first host's controller is left alone: the others must end as it does. */
const HOSTS = 7
const KILLS_PER_HOST = 4
const SEED = Number(process.env.RUNBOOK_TEST_SEED ?? Math.floor(Math.random() * 1e9))
const WISH = ['-e', 'count1g=4', '-e', 'count2m=64']

interface Chain {
  readonly host: ContainerHost
  readonly kills: readonly Kill[]
  readonly last: Ended
  /** What the run and its resumes told, in order. */
  readonly rows: readonly Recorded[]
  /** Files that differ from what they were, in words. */
  readonly files: readonly string[]
}

interface Kill {
  readonly moment: string
  /** The host had been asked to reboot and was not back, as it says itself. */
  readonly away: boolean
}

let set: ContainerSet
let chains: readonly Chain[]

beforeAll(async () => {
  set = await upHosts({ count: HOSTS, model: () => ({ bootDelay: 10 }), say: () => {}, mayInstall: async () => true })
})

beforeAll(async () => {
  const before = await Promise.all(set.hosts.map(takeSnapshot))
  const begun = performance.now()
  chains = await Promise.all(
    set.hosts.map((host, index) =>
      playChain(host, before[index]!, index === 0 ? 0 : KILLS_PER_HOST, seeded(SEED + index)),
    ),
  )
  await tell(performance.now() - begun)
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

describe(`a controller killed at random moments and resumed each time (seed ${SEED})`, () => {
  it('is killed at least 20 times, 5 of them between the reboot request and the return of the host', () => {
    const kills = chains.flatMap((chain) => chain.kills)

    expect(kills.length).toBeGreaterThanOrEqual(20)
    expect(kills.filter(({ away }) => away).length).toBeGreaterThanOrEqual(5)
  })

  it('ends with exit 0 on every host, as changed', () => {
    const ends = chains.map(({ host, last: { exitCode, report, stderr } }) => ({
      host: host.name,
      exitCode,
      result: report?.hosts[0]?.result,
      talk: exitCode === 0 ? '' : stderr,
    }))

    const good = { exitCode: 0, result: 'changed', talk: '' }
    expect(ends).toEqual(chains.map(({ host }) => ({ host: host.name, ...good })))
  })

  it('leaves every host in the state of the one whose controller nobody killed', async () => {
    const states = await Promise.all(chains.map(({ host }) => stateOf(host)))

    expect(states[0]).toEqual({
      commandLine:
        'BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro console=ttyS0 quiet default_hugepagesz=1G hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=64',
      pools: '4 64',
      mounts: ['/dev/hugepages1G', '/dev/hugepages2M'],
      owner: 'released',
      owed: [],
    })
    expect(states).toEqual(chains.map(() => states[0]))
    expect(chains.map(({ files }) => files)).toEqual(chains.map(() => chains[0]?.files))
  })

  it('reboots every host once, by the host’s own count', async () => {
    const boots = await Promise.all(chains.map(({ host }) => host.counted('boots')))

    expect(boots.map((all) => all.map(({ up }) => up))).toEqual(chains.map(() => [true, true]))
  })

  it('does not run update-grub again after it had ended', async () => {
    const traces = await Promise.all(chains.map(({ host }) => commandsOf(host)))
    const counts = await Promise.all(chains.map(({ host }) => countsOf(host)))

    const menus = traces.map((all) => all.filter(({ step }) => step === 'boot-config'))
    expect(menus.map((all) => all.filter(({ exit }) => exit === 0).length)).toEqual(chains.map(() => 1))
    expect(counts.map((count) => count.menus)).toEqual(menus.map((all) => all.length))
  })
})

/** Every kill, and by name every step that had to be done again because it was cut midway. */
async function tell(took: number): Promise<void> {
  say(`random kills, seed ${SEED}, in ${Math.round(took / 1_000)}s`)
  for (const { host, kills } of chains) {
    const moments = kills.map(({ moment, away }) => (away ? `${moment}, host away` : moment))
    say(
      `${host.name}: ${moments.length === 0 ? 'left alone' : `killed ${moments.length} times: ${moments.join('; ')}`}`,
    )
    const again = repeated(await commandsOf(host))
    if (again.length > 0) say(`${host.name}: cut midway and repeated: ${again.join(', ')}`)
  }
}

/** Runs, and resumes after each kill, until the run has ended by itself. */
async function playChain(host: ContainerHost, before: Snapshot, wanted: number, random: () => number): Promise<Chain> {
  const { start } = await laptop()
  const kills: Kill[] = []
  const rows: Recorded[] = []
  for (;;) {
    const run = rows[0]?.run
    const going = run
      ? start('resume', run, '--yes', '--json')
      : start('run', 'hugepages-1g', '-i', set.inventory, '-l', host.name, ...WISH, '--yes', '--json')
    const missed = !kills.some(({ away }) => away) && kills.length < 2 * wanted
    if (kills.length < wanted || missed) void killAtRandom(going, { random, rebooting: isRebooting(rows), kills })
    const last = await going.ended
    rows.push(...last.rows)
    if (last.exitCode !== null) {
      const files = beyondRecord(differences(before, await takeSnapshot(host))).map(inWords)
      return { host, kills, last, rows, files }
    }
    const away = isRebooting(rows) && (await isAway(host))
    kills.push({ moment: momentOf(last), away })
    // Some are resumed while the host is still away, some when it has long been back.
    if (away && random() < 0.5) await returned(host)
  }
}

interface Dice {
  readonly random: () => number
  /** Does the host reboot when this life of the controller begins? */
  readonly rebooting: boolean
  readonly kills: readonly Kill[]
}

/**
 * Kills some rows and some milliseconds after the start: so it falls into questions and into changes. The first time
 * that a chain asks for the reboot it is killed at some moment of the host's absence; after that as the dice fall.
 */
async function killAtRandom(going: Going, { random, rebooting, kills }: Dice): Promise<void> {
  const ended = going.ended.then(() => true as const)
  const rowsLeft = 1 + Math.floor(random() * 6)
  const pause = random() * (random() < 0.25 ? 5_000 : 500)
  const away = random() < 0.3 ? random() * 300 : 300 + random() * 8_000
  const awayYet = kills.some((kill) => kill.away)
  const enough = Promise.withResolvers<number>()
  if (rebooting && (!awayYet || random() < 0.3)) enough.resolve(600 + random() * 5_000)
  let seen = 0
  going.onRow((row) => {
    seen += 1
    if (isCheckpoint(row) && !awayYet) enough.resolve(away)
    if (isLastIntent(row)) enough.resolve(random() * 5_000)
    if (seen === rowsLeft) enough.resolve(pause)
  })
  const wait = await Promise.race([enough.promise, ended])
  if (wait === true) return
  await Promise.race([sleep(wait), ended])
  going.kill()
}

const isCheckpoint = (row: Recorded): boolean => row.type === 'intent' && row.reboot !== undefined

/** What comes after it is a watch of ten seconds and the end. */
const isLastIntent = (row: Recorded): boolean => row.type === 'intent' && row.step === 'libvirt-started-after-mounts'

/** Is a reboot written down and its end not yet, by the journal? */
const isRebooting = (rows: readonly Recorded[]): boolean =>
  rows.findLastIndex(isCheckpoint) > rows.findLastIndex((row) => row.type === 'outcome' && row.step === 'reboot-into')

/** Asked the moment after a kill: has the host been asked to go down, and is it not up again with another boot? */
async function isAway(host: ContainerHost): Promise<boolean> {
  const { stdout } = await host.inside(
    `[ "$(wc -l <${COUNTS_FOLDER}/boots)" -gt 1 ] && echo back || { [ "$(cat /proc/1/comm)" = systemd ] && systemctl is-system-running && systemctl list-units --no-legend 'runbook-reboot-*'; }`,
  )
  // A host that is up says "running", and lists the timer of a request; one that is going, gone or booting says neither.
  return !stdout.startsWith('back') && (!stdout.startsWith('running') || stdout.includes('runbook-reboot-'))
}

/** Until the host has booted again and its services have started. */
async function returned(host: ContainerHost): Promise<void> {
  // One call: between two it may go down.
  const isBack = `systemctl is-active --quiet ssh.service && [ "$(wc -l <${COUNTS_FOLDER}/boots)" -gt 1 ]`
  for (let second = 0; second < 60; second += 1) {
    if ((await host.inside(isBack)).exitCode === 0) return
    await sleep(1_000)
  }
}

/** Steps of which a command was begun in more than one attempt: the one before was cut midway. */
function repeated(traces: readonly Trace[]): readonly string[] {
  return [...Map.groupBy(traces, ({ step }) => step)].flatMap(([step, all]) => {
    const attempts = new Set(all.map(({ attempt }) => attempt))
    return attempts.size > 1 ? [`${step} (attempts ${[...attempts].toSorted().join(', ')})`] : []
  })
}

function momentOf({ rows }: Ended): string {
  const last = rows.at(-1)
  if (!last) return 'before its first row'
  return 'step' in last && last.step ? `after ${last.type} of ${last.step}` : `after ${last.type}`
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
