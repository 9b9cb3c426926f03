import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { jsonLines } from '../../src/rehearsal/vm/json-lines.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** Listens, and answers each piece of what it hears in this way. */
async function listening(answer: (heard: Buffer) => string | Buffer | null): Promise<string> {
  const path = join(tmpdir(), `runbook-lines-${process.pid}-${Math.random().toString(36).slice(2)}`)
  server = createServer((socket) =>
    socket.on('data', (heard) => {
      const said = answer(heard)
      if (said === null) socket.end()
      else socket.write(said)
    }),
  )
  await new Promise<void>((resolve) => server?.listen(path, resolve))
  return path
}

describe('a conversation in lines of JSON', () => {
  it('sends every letter so that a reader of UTF-8 has it', async () => {
    const path = await listening((heard) => `${JSON.stringify({ return: JSON.parse(heard.toString('utf8')).say })}\n`)
    const lines = await jsonLines(path, '5s')

    lines.send({ say: 'größer 🐧' })
    const answer = await lines.next(() => true)
    lines.close()

    expect(Buffer.from(String(answer.return), 'latin1').toString('utf8')).toBe('größer 🐧')
  })

  it('drops what an earlier conversation left half read, and answers that are not wanted', async () => {
    const path = await listening(() => Buffer.from('"half"}\n{"return":1}\nhalf\xff{"return":2}\n', 'latin1'))
    const lines = await jsonLines(path, '5s')

    lines.send({})
    const answer = await lines.next((value) => value.return === 2)
    lines.close()

    expect(answer).toEqual({ return: 2 })
  })

  it.each([
    ['does not answer in time', '', /no answer on .* within 200ms/],
    ['hangs up', null, /was closed/],
  ])('fails when the other side %s', async (_what, said, fault) => {
    const lines = await jsonLines(await listening(() => said), '200ms')

    lines.send({})

    await expect(lines.next(() => true)).rejects.toThrow(fault)
  })
})
