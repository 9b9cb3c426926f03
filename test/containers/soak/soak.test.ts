import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inWords } from '../../../src/model/duration.ts'
import { cleanUp } from '../command-line.ts'
import { drawn, seeded } from '../hosts/seeded.ts'
import { drawFaults, KINDS } from './faults.ts'
import { type Judgement, judge, restartsWanted, undosAgain } from './judge.ts'
import { type Played, playScene } from './play-scene.ts'
import { type Scene, scenesWith } from './scenes.ts'
import { leaks } from './sinks.ts'
import { SECRETS, type StageSet, stageSet } from './stage-set.ts'

const HOSTS = 3
const FAULTS = Number(process.env.RUNBOOK_SOAK_FAULTS ?? 200)
const SEED = Number(process.env.RUNBOOK_TEST_SEED ?? Math.floor(Math.random() * 1e9))
/** Beyond which nothing new is begun; what is under way comes to its end. */
const LONGEST = 13 * 60_000
const TIME_LIMIT = 25 * 60_000

let stage: StageSet
/** Each scene as it is when nothing befalls it, and all scenes that something befell. */
const calm = new Map<Scene, Played>()
const played: Played[] = []
let leaked: readonly string[]
let took = 0

const hits = (): number => played.reduce((sum, { forth, back }) => sum + forth.hits.length + back.hits.length, 0)

beforeAll(async () => {
  say(`soak, seed ${SEED}: the same choices again by npm run test:soak -- --seed ${SEED}`)
  stage = await stageSet(HOSTS)
}, TIME_LIMIT)

beforeAll(async () => {
  const begun = performance.now()
  const scenes = scenesWith(stage.token)
  await Promise.all(stage.set.hosts.map((_, index) => playOn(index, scenes, begun + LONGEST)))
  took = performance.now() - begun
  const all = [...calm.values(), ...played]
  const found = stage.set.hosts.map((host, index) => {
    const own = all.filter((one) => one.host === host.name)
    const lives = own.flatMap(({ forth, back }) => [...forth.lives, ...back.lives, ...forth.losers, ...back.losers])
    return leaks(SECRETS, { host, desk: stage.desks[index]!, lives })
  })
  leaked = (await Promise.all(found)).flat()
  tell()
}, TIME_LIMIT)

afterAll(async () => {
  await stage?.down()
  await cleanUp()
}, 120_000)

/** One host: its part of the scenes undisturbed, then scenes as the dice fall, until there were faults enough. */
async function playOn(index: number, scenes: readonly Scene[], end: number): Promise<void> {
  const random = seeded(SEED + index)
  const parts = { host: stage.set.hosts[index]!, desk: stage.desks[index]!, inventory: stage.inventory }
  for (const scene of scenes.filter((_, place) => place % HOSTS === index)) {
    calm.set(scene, await playScene({ ...parts, scene, faults: { forth: [], back: [] } }))
  }
  while (hits() < FAULTS && performance.now() < end) {
    const scene = drawn(scenes, ({ weight }) => weight, random())
    const faults = { forth: drawFaults(8, random), back: drawFaults(4, random) }
    const one = await playScene({ ...parts, scene, faults })
    played.push(one)
    const hit = [...one.forth.hits, ...one.back.hits].map(({ kind }) => kind)
    say(`${parts.host.name}, run ${one.run}, ${scene.name}: ${hit.join(', ') || 'nothing hit it'}`)
  }
}

describe(`runs that are killed, frozen, taken over and cut off at random moments (seed ${SEED})`, () => {
  const all = (key: keyof Judgement) =>
    [...calm.values(), ...played].flatMap((one) => judge(one, calm.get(one.scene)!)[key])

  it(`are struck ${FAULTS} times and more, by every kind of fault`, () => {
    const kinds = new Set(played.flatMap(({ forth, back }) => [...forth.hits, ...back.hits]).map(({ kind }) => kind))

    expect(hits()).toBeGreaterThanOrEqual(FAULTS)
    expect(kinds).toEqual(new Set(KINDS))
  })

  it('end well, there and back', () => {
    expect(all('badEnds')).toEqual([])
  })

  it('leave hosts in the state of a run that nothing befell', () => {
    expect(all('otherStates')).toEqual([])
    expect([...stage.cloud.services.values()].map(({ status }) => status)).toEqual(Array(HOSTS).fill('enabled'))
  })

  it('lose no effect and no row that was told', () => {
    expect(all('lostEffects')).toEqual([])
  })

  it('do no step again after its commands had ended, by the hosts’ own count', () => {
    expect(all('runAgain')).toEqual([])
  })

  it('restart each host as often as they say, by its own count', () => {
    expect(all('wrongRestarts')).toEqual([])
  })

  it('let no secret out, onto any screen, into any file or log', () => {
    expect(leaked).toEqual([])
  })
})

function tell(): void {
  const judged = played.map((one) => judge(one, calm.get(one.scene)!))
  const sum = (key: keyof Judgement) => judged.reduce((total, one) => total + one[key].length, 0)
  const struck = played.flatMap(({ forth, back }) => [...forth.hits, ...back.hits])
  const lives = played.flatMap(({ forth, back }) => [...forth.lives, ...back.lives])
  const losers = played.flatMap(({ forth, back }) => [...forth.losers, ...back.losers])
  const commands = played.flatMap(({ traces }) => traces)
  const rows: readonly (readonly [string, string])[] = [
    ['runs', `${played.length}, there and back, on ${HOSTS} hosts, in ${inWords(took)}; ${scenesPlayed()}`],
    [
      'faults',
      `${struck.length}: ${KINDS.map((kind) => `${kind} ${struck.filter((one) => one.kind === kind).length}`).join(', ')}`,
    ],
    ['controllers', `${lives.length + losers.length} started`],
    [
      'changes begun',
      `${commands.length}, of which ${commands.filter(({ exitCode }) => exitCode !== 0).length} were cut midway`,
    ],
    [
      'run again after their end',
      `${sum('runAgain')}; of undos ${played.reduce((total, one) => total + undosAgain(one), 0)} changes were made again`,
    ],
    [
      'restarts',
      `${played.reduce((total, one) => total + restartsWanted(one), 0)} by the runs, ${sum('wrongRestarts')} otherwise by the hosts`,
    ],
    ['effects lost', `${sum('lostEffects')}`],
    ['other final states', `${sum('otherStates')}; bad ends ${sum('badEnds')}`],
    [
      'secrets leaked',
      `${leaked.length} of ${SECRETS.length}, in all that ${lives.length} controllers and ${HOSTS} hosts keep`,
    ],
  ]
  say(`soak, seed ${SEED}`)
  for (const [name, text] of rows) say(`  ${name.padEnd(26)} ${text}`)
}

const scenesPlayed = (): string =>
  [...Map.groupBy(played, ({ scene }) => scene.name)].map(([name, all]) => `${name} ${all.length}`).join(', ')

const say = (line: string): void => void process.stdout.write(`${line}\n`)
