import { describe, expect, it } from 'vitest'

import { fenceCloud } from '../../../src/engine/session/fence-cloud.ts'
import { rememberCloud } from '../../../src/engine/session/remember-cloud.ts'
import type { Cloud } from '../../../src/model/cloud.ts'

/** A cloud that writes down what it is asked, and answers with that and a number. */
function listening() {
  const heard: string[] = []
  const ask =
    (name: string) =>
    async (...words: readonly unknown[]): Promise<never> => {
      heard.push([name, ...words].join(' '))
      await new Promise((resolve) => setImmediate(resolve))
      heard.push(`${name} done`)
      // What the answer is does not matter here, only whose it is.
      return [...words, heard.length].join(' ') as never
    }
  const cloud: Cloud = {
    computeServices: ask('services'),
    servers: ask('servers'),
    server: ask('server'),
    network: ask('network'),
    disable: ask('disable'),
    enable: ask('enable'),
    liveMigrate: ask('live-migrate'),
    coldMigrate: ask('migrate'),
    confirmMove: ask('confirm'),
    setNetworkMtu: ask('set-mtu'),
  }
  return { cloud, heard }
}

describe('the cloud of a step', () => {
  it.each<readonly [string, (cloud: Cloud) => Promise<void>, readonly string[]]>([
    [
      'disabling',
      (it) => it.disable('nova-1', 'runbook r1'),
      ['disable the compute service nova-1', 'disable nova-1 runbook r1', 'disable done'],
    ],
    ['enabling', (it) => it.enable('nova-1'), ['enable the compute service nova-1', 'enable nova-1', 'enable done']],
    ['moving', (it) => it.liveMigrate('id-1'), ['live-migrate id-1', 'live-migrate id-1', 'live-migrate done']],
    ['moving a guest powered off', (it) => it.coldMigrate('id-1'), ['migrate id-1', 'migrate id-1', 'migrate done']],
    [
      'confirming a move',
      (it) => it.confirmMove('id-1'),
      ['confirm the migration id-1', 'confirm id-1', 'confirm done'],
    ],
    [
      'an MTU',
      (it) => it.setNetworkMtu('net-1', 9000),
      ['set MTU 9000 of the network net-1', 'set-mtu net-1 9000', 'set-mtu done'],
    ],
  ])('is asked for %s only behind what the host has written down', async (_what, act, expected) => {
    const { cloud, heard } = listening()
    const fence = async (what: string, whose: string) => {
      await new Promise((resolve) => setImmediate(resolve))
      heard.push(`${what} ${whose}`)
    }

    await act(fenceCloud(cloud, fence))

    expect(heard).toEqual(expected)
  })

  it('is not touched by a controller that the host refuses', async () => {
    const { cloud, heard } = listening()
    const refused = new Error('another run owns this host')
    const fenced = fenceCloud(cloud, () => Promise.reject(refused))

    const ends = await Promise.allSettled([
      fenced.disable('nova-1', ''),
      fenced.enable('nova-1'),
      fenced.liveMigrate('id-1'),
      fenced.coldMigrate('id-1'),
      fenced.confirmMove('id-1'),
      fenced.setNetworkMtu('net-1', 9000),
    ])

    expect(ends.map((end) => end.status === 'rejected' && end.reason)).toEqual(ends.map(() => refused))
    expect(heard).toEqual([])
  })

  it('is asked questions without that', async () => {
    const { cloud } = listening()

    expect(fenceCloud(cloud, () => Promise.reject(new Error('no'))).servers).toBe(cloud.servers)
  })
})

describe('the cloud of a plan', () => {
  it('is asked each question once, and gives every asker its own answer', async () => {
    const { cloud, heard } = listening()
    const remembered = rememberCloud(cloud)

    const ask = () =>
      Promise.all([
        remembered.computeServices(),
        remembered.servers('a'),
        remembered.servers('b'),
        remembered.server('a'),
        remembered.server('b'),
        remembered.network('a'),
        remembered.network('b'),
      ])
    const [first, second] = [await ask(), await ask()]

    expect(heard.filter((line) => !line.endsWith('done'))).toEqual([
      'services',
      'servers a',
      'servers b',
      'server a',
      'server b',
      'network a',
      'network b',
    ])
    expect(second).toEqual(first)
    expect(new Set(first).size).toBe(7)
  })
})
