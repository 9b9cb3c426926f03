import { describe, expect, it } from 'vitest'

import { makeLine } from '../../../src/engine/line.ts'
import type { Connection, Transport } from '../../../src/engine/ports.ts'

const HOST = { name: 'hv-01', connection: {} as never }

/** A line, what its transport was asked, and its connections, of which `close` says when they are closed. */
function line(close: () => Promise<void> = async () => {}) {
  const asked: Parameters<Transport['open']>[1][] = []
  const transport: Transport = {
    async open(_host, options) {
      asked.push(options)
      return { close } as Connection
    },
  }
  return { asked, line: makeLine({ transport, host: HOST }) }
}

describe('the line to a host', () => {
  it('is dialled for half a minute, and no longer than the operator waits', async () => {
    const { signal } = new AbortController()
    const [alone, waited] = [line(), line()]

    await alone.line.open()
    await waited.line.open(signal)

    expect([alone.asked, waited.asked]).toStrictEqual([[{ deadline: '30s' }], [{ deadline: '30s', signal }]])
  })

  it('is dialled once, and anew when it was dropped', async () => {
    const { asked, line: one } = line()
    const [first, second] = [await one.open(), await one.open()]

    await one.drop()
    const third = await one.open()

    expect([first === second, first === third, asked.length]).toEqual([true, false, 2])
  })

  it('is dropped only when it is closed', async () => {
    const heard: string[] = []
    const { line: one } = line(async () => {
      await new Promise(setImmediate)
      heard.push('closed')
    })
    await one.open()

    await one.drop()
    heard.push('dropped')
    await one.drop()

    expect([heard, one.current()]).toEqual([['closed', 'dropped'], null])
  })
})
