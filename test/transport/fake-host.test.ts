import { describe, expect, it } from 'vitest'
import {
  copyFake,
  type FakeHost,
  fakeClock,
  fakeHost,
  fakeTransport,
  finishUnfinished,
  rebootFake,
  textFile,
  textOf,
} from '../../src/testing.ts'

/** A host on which a command runs whose controller is gone, under a switch that fires in a minute. */
async function busyHost(): Promise<FakeHost> {
  const host = fakeHost({
    commands: [
      [
        'work',
        (it) => {
          it.files.set('/work', textFile('done'))
          return ''
        },
      ],
      ['undo', ''],
    ],
  })
  const leave = (moment: string) => {
    if (moment === 'started') throw new Error('the controller died')
  }
  const transport = fakeTransport({ hosts: [host], clock: fakeClock(), moment: leave })
  const { guard } = await transport.open({ name: host.name, connection: {} as never }, { deadline: '1s' })
  const claim = { run: 'first', journal: 'mine', controller: 'me', atLeast: 0, random: 'aa', lease: 1 }
  const { token } = await guard.claim(claim)
  const attempt = { token, step: 'worked', attempt: 1 }
  await guard.arm({ ...attempt, within: '60s', revert: 'undo' })
  const change = { kind: 'command', text: 'work' } as const
  await expect(guard.change({ ...attempt, act: 'apply', n: 1, limit: '1m', change })).rejects.toThrow('died')
  return host
}

const unlock = async (host: FakeHost) => {
  const transport = fakeTransport({ hosts: [host], clock: fakeClock() })
  const { guard } = await transport.open({ name: host.name, connection: {} as never }, { deadline: '1s' })
  await guard.unlock('first')
}

describe('a command that runs on a fake host', () => {
  it('comes to its end although nobody waits', async () => {
    const host = await busyHost()

    finishUnfinished(host)

    expect(textOf(host, '/work')).toBe('done')
    expect(host.markers[0]).toMatchObject({ state: 'ended', exitCode: 0 })
  })

  it('is ended by an unlock, and its marker says so', async () => {
    const host = await busyHost()

    await unlock(host)

    expect(textOf(host, '/work')).toBeNull()
    expect(host.markers[0]).toMatchObject({ state: 'ended', exitCode: 143 })
  })

  it('is gone with a boot, and so is the timer of the switch', async () => {
    const host = await busyHost()

    rebootFake(host, 0)
    const late = { ...fakeClock(), now: () => 3_600_000 }
    await fakeTransport({ hosts: [host], clock: late }).open(
      { name: host.name, connection: {} as never },
      { deadline: '1s' },
    )

    expect(host.markers[0]).toMatchObject({ state: 'gone', exitCode: null })
    expect(host.switch?.state).toBe('armed')
  })

  it('ends on a copy of the host and goes on on the host itself', async () => {
    const host = await busyHost()
    const copy = copyFake(host)

    finishUnfinished(copy)

    expect([textOf(copy, '/work'), textOf(host, '/work')]).toEqual(['done', null])
    expect([copy.markers[0]?.state, host.markers[0]?.state]).toEqual(['ended', 'running'])
  })
})
