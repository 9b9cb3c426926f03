import { afterEach, describe, expect, test } from 'vitest'
import { makeFramedShell } from '../../../src/transport/shell/framed-shell.ts'
import { heard, memoryChannel } from './memory-channel.ts'
import { restoreClock, stopClock } from './memory-clock.ts'

const NONCE = 'f0'.repeat(16)

afterEach(restoreClock)

/** A framed shell whose host is the test. */
function memoryShell() {
  const host = memoryChannel()
  const shell = makeFramedShell(host.channel, { nonce: NONCE, bounds: { head: 1_000, tail: 100 } })
  const start = (id: number) => host.stdout(`${NONCE} start ${id}\n`)
  const answer = async (id: number) => {
    await host.stderr(`${NONCE} end ${id} -\n`)
    await host.stdout(`${NONCE} end ${id} 0\n`)
  }
  return { host, shell, start, answer }
}

describe('the time of a request', () => {
  test('is over one minute after it became the next, when it has not begun: it did nothing', async () => {
    const clock = stopClock()
    const { shell, host } = memoryShell()
    const fate = shell.ask('true', 50)
    await heard()

    clock.pass(59_999)
    const early = shell.over
    clock.pass(1)

    expect(await fate).toEqual({ kind: 'lost', begun: false })
    expect([early, shell.over, host.closed]).toEqual([false, true, 1])
  })

  test('is not made longer by those that are asked behind it', async () => {
    const clock = stopClock()
    const { shell, start } = memoryShell()
    const fate = shell.ask('sleep 9', 50)
    await heard()
    await start(1)

    clock.pass(40)
    const behind = shell.ask('true', 50)
    clock.pass(10)

    expect(await fate).toEqual({ kind: 'overdue' })
    expect(await behind).toEqual({ kind: 'lost', begun: false })
  })

  test('is no longer counted once it is answered', async () => {
    const clock = stopClock()
    const { shell, start, answer } = memoryShell()
    const fate = shell.ask('true', 50)
    await heard()
    await start(1)
    await answer(1)

    clock.pass(600_000)

    expect(await fate).toMatchObject({ kind: 'answered' })
    expect(shell.over).toBe(false)
  })
})

describe('a host', () => {
  test('that starts and ends what nobody asked for is not listened to', async () => {
    const { shell, host, start, answer } = memoryShell()
    await start(1)
    const fate = shell.ask('true', 5_000)
    await heard()

    await host.stdout(`${NONCE} start 99\n`)
    await answer(99)
    await start(1)
    await answer(1)

    expect(await fate).toMatchObject({ kind: 'answered' })
    shell.close()
  })
})

describe('the end of a framed shell', () => {
  test('is a write that nobody reads any more', async () => {
    const { shell, host, start } = memoryShell()
    const fate = shell.ask('true', 5_000)
    await heard()
    await start(1)

    await host.breakStdin()

    expect(await fate).toEqual({ kind: 'lost', begun: true })
    expect([shell.over, host.closed]).toEqual([true, 1])
  })

  test('tells the shell on the host that nothing more comes, and everybody who waits that it is lost', async () => {
    const clock = stopClock()
    const { shell, host, start } = memoryShell()
    const fates = Promise.all([shell.ask('true', 5_000), shell.ask('true', 5_000)])
    await heard()
    await start(1)

    shell.close()

    expect(await fates).toEqual([
      { kind: 'lost', begun: true },
      { kind: 'lost', begun: false },
    ])
    expect([shell.over, host.closed, host.channel.stdin.writableEnded]).toEqual([true, 1, true])
    expect(clock.waiting).toBe(0)
  })

  test('comes once, whoever closes it then', async () => {
    const { shell, host } = memoryShell()

    await host.end()
    await host.end()
    shell.close()

    expect([host.closed, host.channel.stdin.writableEnded]).toEqual([1, false])
  })

  test('comes before what was asked in the same tick, which never reaches the host', async () => {
    const { shell, host } = memoryShell()
    const fate = shell.ask('reboot', 5_000)

    await host.end()

    expect(await fate).toEqual({ kind: 'lost', begun: false })
    expect(host.written).toBe('')
  })
})
