import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asText } from '../../../src/transport/shell/bounded-bytes.ts'
import { type FrameEvent, frame, makeFrameParser } from '../../../src/transport/shell/frame-parser.ts'

const NONCE = '0123456789abcdef0123456789abcdef'
const BOUNDS = { head: 1_000, tail: 100 }

/** Feeds both streams in pieces of the sizes given, which repeat. */
function parse(stdout: Buffer, stderr: Buffer, sizes: readonly number[]): FrameEvent[] {
  const parser = makeFrameParser(NONCE, BOUNDS, () => true)
  return [...cut(stdout, sizes).flatMap(parser.stdout), ...cut(stderr, sizes).flatMap(parser.stderr)]
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const shown = (events: readonly FrameEvent[]) =>
  events.map((event) =>
    event.kind === 'started'
      ? `start ${event.id}`
      : `end ${event.id} ${event.answer.exitCode} [${asText(event.answer.stdout)}] [${asText(event.answer.stderr)}]`,
  )

describe('reading framed answers', () => {
  test('remembers nothing of answers that nobody awaits', () => {
    const endless = Array.from({ length: 200 }, (_, id) => `${NONCE} end ${id} 0\n`).join('')
    let awaited = 1

    const parser = makeFrameParser(NONCE, BOUNDS, (id) => id === awaited)
    const early = [...parser.stdout(Buffer.from(endless)), ...parser.stderr(Buffer.from(`${NONCE} end 1 -\n`))]
    awaited = 7
    const late = parser.stderr(Buffer.from(`${NONCE} end 7 -\n`))

    expect([shown(early), shown(late)]).toEqual([['end 1 0 [] []'], []])
  })

  test.each(['', ' -', ' 12345'])('takes no end of stdout for one whose exit code is "%s"', (code) => {
    const stdout = `${NONCE} start 1\n${NONCE} end 1${code}\n`

    expect(shown(parse(Buffer.from(stdout), Buffer.from(`${NONCE} end 1 -\n`), [99]))).toEqual(['start 1'])
  })

  test('gives the same events however the bytes are cut', () => {
    const stdout = Buffer.from(
      `motd\n${NONCE} start 1\none${NONCE} end 1 0\n${NONCE} start 2\nline\n${NONCE} end 2 127\nlate`,
    )
    const stderr = Buffer.from(`noise${NONCE} end 1 -\n${NONCE.slice(0, 31)}x${NONCE} end 2 -\n`)
    const whole = shown(parse(stdout, stderr, [10_000]))

    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        expect(shown(parse(stdout, stderr, sizes)).sort()).toEqual([...whole].sort())
      }),
    )

    expect(whole).toEqual([
      'start 1',
      'start 2',
      'end 1 0 [one] [noise]',
      `end 2 127 [line\n] [${NONCE.slice(0, 31)}x]`,
    ])
  })

  test('carries any bytes unchanged between the markers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 900 }), fc.integer({ min: 1, max: 70 }), (payload, size) => {
        const stdout = Buffer.concat([Buffer.from(`${NONCE} start 1\n`), payload, Buffer.from(`${NONCE} end 1 0\n`)])

        const events = parse(stdout, Buffer.from(`${NONCE} end 1 -\n`), [size])

        const last = events.at(-1)
        expect(last?.kind === 'ended' && last.answer.stdout.head.equals(Buffer.from(payload))).toBe(true)
      }),
    )
  })

  test('takes a marker of another nonce for output', () => {
    const other = NONCE.replaceAll('0', 'f')
    const stdout = Buffer.from(`${NONCE} start 1\n${other} end 1 0\n${NONCE} end 1 1\n`)

    const events = shown(parse(stdout, Buffer.from(`${NONCE} end 1 -\n`), [7]))

    expect(events).toEqual(['start 1', `end 1 1 [${other} end 1 0\n] []`])
  })

  test('keeps the beginning and the end of a flood and counts the rest', () => {
    const flood = Buffer.from(Array.from({ length: 5_000 }, (_, index) => 97 + (index % 26)))
    const stdout = Buffer.concat([Buffer.from(`${NONCE} start 1\n`), flood, Buffer.from(`${NONCE} end 1 0\n`)])

    const last = parse(stdout, Buffer.from(`${NONCE} end 1 -\n`), [333]).at(-1)

    const { head, tail, leftOut } = (last?.kind === 'ended' && last.answer.stdout) || never()
    expect(head.equals(flood.subarray(0, 1_000))).toBe(true)
    expect(tail.equals(flood.subarray(-100))).toBe(true)
    expect(leftOut).toBe(3_900)
  })

  test('does work that grows with the bytes and not with their square', () => {
    const parser = makeFrameParser(NONCE, BOUNDS, () => true)
    let copied = 0
    const { concat } = Buffer
    Buffer.concat = (list, length) => {
      const all = length === undefined ? concat(list) : concat(list, length)
      copied += all.length
      return all
    }

    parser.stdout(Buffer.from(`${NONCE} start 1\n`))
    for (let index = 0; index < 20_000; index += 1) parser.stdout(Buffer.from(NONCE.slice(0, 16)))
    Buffer.concat = concat

    expect(copied).toBeLessThan(20_000 * 16 * 4)
  })

  test.each([
    ['that is of no kind', 'gone 1\n'],
    ['with something before it', 'restart 1\n'],
    ['with something behind it', 'end 1 0 0\n'],
    ['that never ends', `${'x'.repeat(200)}`],
    ['that is too long', `end 1 ${'0'.repeat(60)}\n`],
    ['that is empty', '\n'],
  ])('takes a marker %s for output, in whatever pieces it comes', (_what, marker) => {
    const stdout = Buffer.from(`${NONCE} start 1\n${NONCE} ${marker}${NONCE} end 1 0\n`)

    for (const size of [1, 7, 40, 1_000]) {
      expect(shown(parse(stdout, Buffer.from(`${NONCE} end 1 -\n`), [size]))).toEqual([
        'start 1',
        `end 1 0 [${NONCE} ${marker}] []`,
      ])
    }
  })

  test('gives no answer twice, whatever its host repeats', () => {
    const parser = makeFrameParser(NONCE, BOUNDS, () => true)
    parser.stdout(Buffer.from(`${NONCE} start 12\n${NONCE} end 12 0\n`))
    const first = parser.stderr(Buffer.from(`${NONCE} end 12 -\n`))

    const second = [
      ...parser.stderr(Buffer.from(`${NONCE} end 12 -\n`)),
      ...parser.stdout(Buffer.from(`${NONCE} start 13\n`)),
    ]

    expect([shown(first), shown(second)]).toEqual([['end 12 0 [] []'], ['start 13']])
  })

  test('gives nothing of one answer to another that was never begun', () => {
    const stdout = `${NONCE} start 1\none${NONCE} end 1 0\nlate${NONCE} end 2 0\n`

    const events = parse(Buffer.from(stdout), Buffer.from(`${NONCE} end 1 -\n${NONCE} end 2 -\n`), [1_000])

    expect(shown(events)).toEqual(['start 1', 'end 1 0 [one] []', 'end 2 0 [] []'])
  })

  test('gives the events of one piece in their order, also where stderr came first', () => {
    const parser = makeFrameParser(NONCE, BOUNDS, () => true)
    parser.stderr(Buffer.from(`${NONCE} end 1 -\n${NONCE} end 2 -\n`))

    const events = parser.stdout(
      Buffer.from(`${NONCE} start 1\n${NONCE} end 1 0\n${NONCE} start 2\n${NONCE} end 2 0\n`),
    )

    expect(shown(events)).toEqual(['start 1', 'end 1 0 [] []', 'start 2', 'end 2 0 [] []'])
  })

  test('writes requests whose nonce stands in no word that the command can see', () => {
    const text = frame(NONCE, 7, "'echo $nonce'")

    expect(text).toBe(
      `echo '${NONCE} start 7';(eval 'echo $nonce')</dev/null;echo '${NONCE} end 7' $?;echo '${NONCE} end 7 -' >&2\n`,
    )
  })
})

function never(): never {
  throw new Error('no answer')
}
