import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { beyondRecord, differences, takeSnapshot } from '../../../src/rehearsal/verdict/snapshot.ts'
import { cleanUp, laptop, oneLine } from '../command-line.ts'

const STEP = 'offloads-set-on-the-line'

let set: ContainerSet
const hostsLeft: ContainerHost[] = []

beforeAll(async () => {
  set = await upHosts({
    count: 2,
    model: () => ({ lossyCard: 'eth0' }),
    say: () => {},
    mayInstall: async () => true,
  })
  hostsLeft.push(...set.hosts)
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

describe.concurrent('nic-offloads on a card that loses its link, and with it the line to the host', () => {
  it('leaves nothing of it: the host puts it back by itself, and the run says so', async () => {
    const host = ownHost()
    const [features, files, { type }] = [await featuresOf(host), await takeSnapshot(host), await laptop()]

    const ended = await type(...run(host))

    expect(ended.exitCode).toBe(3)
    expect(oneLine(ended.stdout)).toContain(
      `failed ${host.name} at ${STEP}: E_REVERTED: the host put ${STEP} back by itself: nobody could disarm its switch within 60s`,
    )
    expect(oneLine(ended.stdout)).toContain('→ The change cuts the line over which the host is managed')
    expect(await featuresOf(host)).toBe(features)
    expect(beyondRecord(differences(files, await takeSnapshot(host)))).toEqual([])
  })

  it('the same where the controller dies meanwhile, and resume says what happened', async () => {
    const host = ownHost()
    const [features, { start, type }] = [await featuresOf(host), await laptop()]
    const dying = start(...run(host), '--json')
    const { run: id } = await dying.reaches((row) => row.type === 'intent' && row.step === STEP)
    await linkIs(host, 'down')
    const meanwhile = await featuresOf(host)
    dying.kill()

    await linkIs(host, 'up')
    const alone = await featuresOf(host)
    const resumed = await type('resume', id, '--yes')

    expect(meanwhile).not.toBe(features)
    expect(alone).toBe(features)
    expect((await dying.ended).exitCode).toBe(null)
    expect(resumed.exitCode).toBe(3)
    expect(oneLine(resumed.stdout)).toContain(`failed ${host.name} at ${STEP}: E_REVERTED: the host put ${STEP} back`)
    expect(await featuresOf(host)).toBe(features)
  })
})

function ownHost(): ContainerHost {
  const host = hostsLeft.pop()
  if (!host) throw new TypeError('one host for each test')
  return host
}

const run = (host: ContainerHost): readonly string[] => [
  ...['run', 'nic-offloads', '-i', set.inventory, '-l', host.name],
  ...['-e', 'interfaces=["eth0"]', '--yes'],
]

const featuresOf = async (host: ContainerHost) => (await host.inside('ethtool -k eth0')).stdout

/** Looks at the machine itself, which answers although the line to it is cut. */
async function linkIs(host: ContainerHost, wanted: 'up' | 'down'): Promise<void> {
  for (;;) {
    if ((await host.inside('cat /sys/class/net/eth0/operstate')).stdout.trim() === wanted) return
    await sleep(300)
  }
}
