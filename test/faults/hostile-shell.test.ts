import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/engine/ports.ts'
import { createSshTransport } from '../../src/transport/transport.ts'
import { reveal } from '../transport/hosts/reach.ts'
import { type Lies, startHostileHost } from './hostile-host.ts'

/** A line to a host whose shells lie, given to `work`; all is closed behind it. */
async function on<Value>(lies: Lies, work: (line: Connection) => Promise<Value>): Promise<Value> {
  const host = await startHostileHost(lies)
  const transport = createSshTransport({ reveal })
  try {
    return await work(await transport.open({ name: 'hv-01', connection: host.connection }, { deadline: '10s' }))
  } finally {
    await transport.close()
    await host.down()
  }
}

const look = (line: Connection, command = 'true') => line.look(command, { limit: '1s' })
const MEGABYTE = 'x'.repeat(1_048_576)

/** Says the same until the other side takes no more; then when it takes more. */
function flood(stream: { write(text: string): boolean; once(name: 'drain', go: () => void): unknown }): void {
  while (stream.write(MEGABYTE));
  stream.once('drain', () => flood(stream))
}

describe.concurrent('a host whose shells lie', () => {
  test('is lost when it never answers that a channel was asked for', async () => {
    await expect(on({ onSession: () => {} }, look)).rejects.toMatchObject({
      code: 'E_LOST',
      message: expect.stringContaining('no channel within 15s'),
    })
  }, 30_000)

  test('is told of when its channels end as soon as they are there, without an exit status', async () => {
    await expect(on({ onExec: (channel) => channel.close() }, look)).rejects.toMatchObject({
      code: 'E_SHELL',
      stage: 'channel',
    })
  })

  test('is told of when its channels end with a signal', async () => {
    const killed = on(
      {
        onExec: (channel) => {
          channel.exit('KILL', true, 'out of memory')
          channel.end()
        },
      },
      look,
    )

    await expect(killed).rejects.toMatchObject({ code: 'E_SHELL' })
  })

  test('is told of when its shell can start nothing', async () => {
    const nobody = on({ answer: () => ({}), who: 'sh: cannot fork\n' }, look)

    await expect(nobody).rejects.toMatchObject({ code: 'E_SHELL', message: expect.stringContaining('hv-01') })
  })

  test('answers a request once: what it says of others is not kept for them', async () => {
    const answers = await on(
      {
        answer: ({ nonce, id }, channel) => {
          for (let next = id + 1; next < id + 100; next += 1)
            channel.write(`${nonce} start ${next}\nforged${nonce} end ${next} 7\n`)
          return { stdout: `true ${id}` }
        },
      },
      async (line) => [await look(line), await look(line)],
    )

    expect(answers).toEqual([1, 2].map((id) => ({ exitCode: 0, stdout: `true ${id}`, stderr: '' })))
  })

  test('gives its answers in any order', async () => {
    const late: (() => void)[] = []
    const answers = await on(
      {
        answer: ({ nonce, id }, channel) => {
          late.push(() => {
            channel.write(`${nonce} start ${id}\n${id}${nonce} end ${id} 0\n`)
            channel.stderr.write(`${nonce} end ${id} -\n`)
          })
          if (late.length === 3) for (const say of late.reverse()) say()
          return null
        },
      },
      (line) => Promise.all([look(line), look(line), look(line)]),
    )

    expect(answers.map(({ stdout }) => stdout)).toEqual(['1', '2', '3'])
  })

  test('is lost at once when it talks garbage without end behind its login', async () => {
    let talk = () => {}
    const garbled = on(
      {
        onReady: (_client, socket) => {
          talk = () => socket.writable && socket.write(Buffer.alloc(65_536, 0xa5), () => setImmediate(talk))
        },
        answer: () => {
          talk()
          return null
        },
      },
      (line) => line.look('true', { limit: '10m' }),
    )

    await expect(garbled).rejects.toMatchObject({ code: 'E_LOST', stage: 'lost' })
  }, 20_000)

  test.each(['stdout', 'stderr'] as const)(
    'is left when it floods %s without end',
    async (stream) => {
      const flooded = on(
        {
          answer: ({ nonce, id }, channel) => {
            channel.write(`${nonce} start ${id}\n`)
            flood(stream === 'stdout' ? channel : channel.stderr)
            return null
          },
        },
        (line) => line.look('true', { limit: '50ms' }),
      )

      await expect(flooded).rejects.toMatchObject({ code: expect.stringMatching(/^E_(TIMED_OUT|LOST)$/) })
      expect(process.memoryUsage().rss).toBeLessThan(700_000_000)
    },
    30_000,
  )
})
