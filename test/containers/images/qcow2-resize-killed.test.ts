import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resizeScript } from '../../../src/library/steps/images/resize-script.ts'
import type { ContainerSet } from '../../../src/rehearsal/container-hosts.ts'
import { wishOf } from '../../library/steps/images/wish.ts'
import { cleanUp, type Going } from '../command-line.ts'
import { outcomeOf } from '../openstack/nova-host.ts'
import { BUILT, IMAGE, type ImageHost, MIB, upImageHosts } from './image-host.ts'

const SEED = Number(process.env.RUNBOOK_TEST_SEED ?? Math.floor(Math.random() * 1e9))
const DRIVER = readFileSync(join(import.meta.dirname, 'kill-copies.pl'), 'utf8')
/** Images that are enlarged side by side, and kills of the copy of each. */
const [COPIES, KILLS] = [4, 15]
const CONTROLLER_KILLS = 8
const BACKUP = 'a.qcow2.runbook-629145600.bak'

interface Kill {
  /** With all that it had started. */
  readonly whole: boolean
  readonly moment: 'some' | 'second name'
  readonly holds: 'old' | 'new' | 'none' | 'broken'
  /** A copy in the making was left. */
  readonly copyLeft: boolean
}

describe(`an image whose enlargement is killed (seed ${SEED})`, () => {
  let set: ContainerSet
  let on: ImageHost
  let old = ''

  beforeAll(async () => {
    const [up, [host]] = await upImageHosts([{ guestfs: 'stand-in' }])
    set = up
    on = host!
    old = await hashOf(IMAGE)
  }, BUILT)

  afterAll(async () => {
    await set?.down()
    await cleanUp()
  })

  it('is the old or the new one at any moment, whatever of the host’s own processes is killed', async () => {
    const folders = Array.from({ length: COPIES }, (_, index) => `/srv/kill-${index}`)
    await on.host.inside('cat >/root/kill-copies.pl', DRIVER)
    for (const folder of folders) {
      const wish = wishOf({ source: `${folder}/a.qcow2`, bytes: 1024 * MIB, partition: '/dev/sda2' })
      await on.sh(`mkdir ${folder}; cp ${IMAGE} ${folder}/a.qcow2`)
      await on.host.inside(`cat >${folder}.sh`, resizeScript(wish, 600 * MIB).text)
    }

    const told = await Promise.all(folders.map(killedAndKilled))
    await Promise.all(folders.map((folder) => on.sh(`sh ${folder}.sh`)))

    const kills = told.flatMap((one) => one.kills)
    tell(`killed ${kills.length} copies: ${JSON.stringify(countsOf(kills.map(inWords)))}`)
    expect(kills.length).toBe(COPIES * KILLS)
    expect(kills.filter(({ holds }) => holds !== 'old' && holds !== 'new')).toEqual([])
    expect(told.map(({ missed }) => missed)).toEqual(folders.map(() => 0))
    // The kills did fall into copies, and behind the second name of the old image.
    expect(kills.filter(({ copyLeft }) => copyLeft).length).toBeGreaterThan(KILLS)
    expect(kills.filter(({ moment }) => moment === 'second name').length).toBeGreaterThan(COPIES)
    expect(await Promise.all(folders.map(stateOf))).toEqual(folders.map(() => ENLARGED()))
  }, 600_000)

  it('is the old or the new one whenever the controller is killed, and nothing is left of what was cut off', async () => {
    const random = dice(SEED)
    const moments: string[] = []
    const ends: unknown[] = []

    // What outlived its controller is waited for: a run is killed a few times, so it takes some runs.
    for (let run = 0; moments.length < CONTROLLER_KILLS; run += 1) {
      const folder = `/srv/controller-${run}`
      await on.sh(`mkdir ${folder}; cp ${IMAGE} ${folder}/a.qcow2`)
      const { ended, held } = await runAndDie(folder, random, moments)
      ends.push({ exitCode: ended.exitCode, result: outcomeOf(ended)?.result, held, ...(await stateOf(folder)) })
    }

    tell(`killed the controller ${moments.length} times: ${JSON.stringify(countsOf(moments))}`)
    expect(ends).toEqual(ends.map(() => ({ exitCode: 0, result: 'changed', held: [], ...ENLARGED() })))
  }, 600_000)

  it('is made anew when its host goes down in the middle of the copy', async () => {
    await on.sh(`mkdir /srv/power; cp ${IMAGE} /srv/power/a.qcow2`)
    const going = on.start(...wordsFor('/srv/power'))
    await going.reaches((row) => row.type === 'intent' && row.step === 'image-enlarged')
    await on.sh('until [ -e /srv/power/.a.qcow2.runbook.tmp ]; do sleep 0.05; done')

    await on.host.powerCycle()
    going.kill()
    const cut = await stateOf('/srv/power')
    const ended = await on.again('resume', going.rows[0]?.run ?? '').ended

    expect(cut).toMatchObject({ holds: 'old', files: expect.arrayContaining(['.a.qcow2.runbook.tmp']) })
    expect(outcomeOf(ended)).toMatchObject({ result: 'changed' })
    expect(await stateOf('/srv/power')).toEqual(ENLARGED())
  }, 600_000)

  const hashOf = async (path: string) => (await on.sh(`sha256sum <${path}`)).slice(0, 64)
  const ENLARGED = () => ({ holds: 'new', backup: old, files: ['a.qcow2', BACKUP] })

  /** What the name of the image in a folder holds, and what else is in there. */
  async function stateOf(folder: string) {
    const image = `${folder}/a.qcow2`
    const sound = `qemu-img check -q -U ${image} && qemu-img info -U --output=json ${image} | grep -q '"virtual-size": 1073741824,'`
    const [files, now, fresh] = [await on.sh(`ls -A ${folder}`), await hashOf(image), await on.host.inside(sound)]
    const holds = now === old ? 'old' : fresh.exitCode === 0 ? 'new' : 'broken'
    return { holds, backup: await hashOf(`${folder}/${BACKUP}`), files: files.trim().split('\n') }
  }

  /** Runs, and resumes after each kill, until the run has ended by itself; `held` is what else the name ever held. */
  async function runAndDie(folder: string, random: () => number, moments: string[]) {
    const held: string[] = []
    let going = on.start(...wordsFor(folder))
    let run: string | undefined
    for (;;) {
      if (moments.length < CONTROLLER_KILLS) void killSoon(going, random)
      const ended = await going.ended
      run ??= ended.rows[0]?.run
      if (ended.exitCode !== null) return { ended, held }
      moments.push(`after ${ended.rows.at(-1)?.type ?? 'nothing'}`)
      const { holds } = await stateOf(folder)
      if (holds !== 'old' && holds !== 'new') held.push(holds)
      going = run === undefined ? on.start(...wordsFor(folder)) : on.again('resume', run)
    }
  }

  async function killedAndKilled(folder: string, index: number): Promise<{ kills: readonly Kill[]; missed: number }> {
    const words = [`${folder}.sh`, `${folder}/a.qcow2`, `${folder}/${BACKUP}`, 1024 * MIB, KILLS, SEED + index]
    // In the background: it takes longer than one question at the machine may.
    await on.sh(`(perl /root/kill-copies.pl ${words.join(' ')} >${folder}.out 2>&1; echo >${folder}.end) </dev/null &`)
    while ((await on.sh(`cat ${folder}.end 2>/dev/null`)) === '') await sleep(500)
    const lines = (await on.sh(`cat ${folder}.out`)).trim().split('\n')
    const { missed = -1 } = JSON.parse(lines.at(-1) ?? '{}') as { missed?: number }
    return { kills: lines.slice(0, -1).map((line) => JSON.parse(line) as Kill), missed }
  }
})

/** Kills some rows and some milliseconds after the start: so it falls into questions and into the copy. */
async function killSoon(going: Going, random: () => number): Promise<void> {
  const enough = Promise.withResolvers<void>()
  let left = 1 + Math.floor(random() * 5)
  going.onRow((row) => {
    left -= 1
    if (left <= 0 || (row.type === 'intent' && row.step === 'image-enlarged')) enough.resolve()
  })
  await Promise.race([enough.promise, going.ended])
  await Promise.race([sleep(random() * 2_500), going.ended])
  going.kill()
}

const wordsFor = (folder: string) => [`source=${folder}/a.qcow2`, 'size=1G', 'partition=/dev/sda2']

const inWords = ({ whole, moment, holds, copyLeft }: Kill) =>
  `${moment === 'some' ? '' : 'behind the second name, '}${whole ? 'all' : 'the script alone'}: ${holds}${copyLeft ? ' and a copy' : ''}`

const countsOf = (words: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]))

const tell = (line: string): void => void process.stdout.write(`${line}\n`)

/** Numbers from 0 to 1, the same for the same seed. */
function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
