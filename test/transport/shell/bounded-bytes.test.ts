import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asText, gatherBytes } from '../../../src/transport/shell/bounded-bytes.ts'

describe('gathered bytes', () => {
  test('are the first and the last ones of any stream, whatever its chunks', () => {
    const bounds = fc.record({ head: fc.integer({ min: 1, max: 20 }), tail: fc.integer({ min: 1, max: 10 }) })
    const chunks = fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 12 })

    fc.assert(
      fc.property(bounds, chunks, ({ head, tail }, pieces) => {
        const gathering = gatherBytes({ head, tail })
        for (const piece of pieces) gathering.add(Buffer.from(piece))

        const all = Buffer.concat(pieces)
        const rest = all.subarray(head)
        expect(gathering.take()).toEqual({
          head: Buffer.from(all.subarray(0, head)),
          tail: Buffer.from(rest.subarray(Math.max(0, rest.length - tail))),
          leftOut: Math.max(0, rest.length - tail),
        })
      }),
    )
  })

  test('stay as they were when the memory of a chunk is used anew', () => {
    const gathering = gatherBytes({ head: 2, tail: 2 })
    const chunk = Buffer.from('abcd')
    gathering.add(chunk)
    const taken = gathering.take()

    chunk.fill('x')

    expect(asText(taken)).toBe('abcd')
  })

  test('are one text as long as nothing is left out, also a letter that was cut in two', () => {
    const gathering = gatherBytes({ head: 2, tail: 5 })
    gathering.add(Buffer.from('aö b'))

    expect(asText(gathering.take())).toBe('aö b')
  })

  test('say how many were left out, and where', () => {
    const gathering = gatherBytes({ head: 3, tail: 2 })
    gathering.add(Buffer.from('abcdefgh'))

    expect(asText(gathering.take())).toBe('abc\n[3 bytes left out]\ngh')
  })

  test('take memory for what came, not for what might come, and seldom anew', () => {
    const taken: number[] = []
    const { allocUnsafe } = Buffer
    Buffer.allocUnsafe = (size) => {
      taken.push(size)
      return allocUnsafe(size)
    }
    const gathering = gatherBytes({ head: 1_000_000_000, tail: 1_000_000_000 })

    for (let index = 0; index < 1_000; index += 1) gathering.add(Buffer.alloc(10, 'x'))
    Buffer.allocUnsafe = allocUnsafe

    expect(gathering.take().head.length).toBe(10_000)
    expect(taken).toEqual([10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240])
  })

  test('take no more memory for their first bytes than those may be', () => {
    const taken: number[] = []
    const { allocUnsafe } = Buffer
    Buffer.allocUnsafe = (size) => {
      taken.push(size)
      return allocUnsafe(size)
    }
    const gathering = gatherBytes({ head: 15, tail: 5 })

    for (const chunk of ['0123456789', '0123456789']) gathering.add(Buffer.alloc(10, chunk))
    Buffer.allocUnsafe = allocUnsafe

    expect(taken).toEqual([10, 15, 5])
  })
})
