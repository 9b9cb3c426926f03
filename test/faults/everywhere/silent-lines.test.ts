import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/engine/ports.ts'
import { createSshTransport } from '../../../src/transport/transport.ts'
import { nextRun, runOn } from '../../transport/conformance/guard-conformance.ts'
import { reveal } from '../../transport/hosts/reach.ts'
import { startCrossing } from '../small-change.ts'

/** Opens a line, lets its packets vanish, and gives what `ask` throws then. */
async function silenced(ask: (line: Connection) => Promise<unknown>, before = async (_line: Connection) => {}) {
  const crossing = await startCrossing()
  const transport = createSshTransport({ reveal })
  try {
    const host = { name: 'hv-01', connection: crossing.connection }
    const line = await transport.open(host, { deadline: '30s' })
    await before(line)
    crossing.proxy.freeze()
    const lost = await ask(line).then(
      () => null,
      (error: unknown) => error,
    )
    const again = await transport.open(host, { deadline: '30s' })
    return { lost, again: (await again.look('echo here', { limit: '10s' })).stdout }
  } finally {
    await transport.close()
    await crossing.down()
  }
}

const LOST = { lost: { code: 'E_LOST', stage: 'lost', retry: true }, again: 'here\n' }

describe.concurrent('packets that vanish, without a word to either end', () => {
  test('on an idle line are noticed by the next question', async () => {
    expect(await silenced((line) => line.look('true', { limit: '1s' }))).toMatchObject(LOST)
  }, 90_000)

  test('on a line that idles longer than its signs of life are noticed before the next question', async () => {
    const idle = async (line: Connection) => {
      await new Promise((resolve) => setTimeout(resolve, 22_000))
      return line.look('true', { limit: '10m' })
    }

    expect(await silenced(idle)).toMatchObject(LOST)
  }, 90_000)

  test('while a channel opens are noticed', async () => {
    expect(await silenced((line) => line.look('true', { limit: '5m' }))).toMatchObject(LOST)
  }, 90_000)

  test('while a change runs are noticed long before its limit', async () => {
    const change = async (line: Connection) => {
      const mine = runOn(line, nextRun())
      return mine.change(await mine.claim(), { kind: 'command', text: 'sleep 1' }, { limit: '1h' })
    }

    expect(await silenced(change)).toMatchObject(LOST)
  }, 90_000)

  test('behind a goodbye hold up nobody', async () => {
    expect(await silenced((line) => line.close())).toMatchObject({ lost: null, again: 'here\n' })
  }, 90_000)
})
