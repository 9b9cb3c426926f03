import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { followOutput } from '../../../src/transport/guard/follow-output.ts'
import { gatherBytes } from '../../../src/transport/shell/bounded-bytes.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** What is shown when a host answers so, once a second, whatever it was asked for. */
async function shownOf(answers: readonly string[]): Promise<readonly string[]> {
  const shown: string[] = []
  let asked = 0
  const look = async () => {
    const bytes = gatherBytes({ head: 1_000_000, tail: 10 })
    bytes.add(Buffer.from(answers[asked] ?? ''))
    asked += 1
    return { exitCode: 0, stdout: bytes.take(), stderr: gatherBytes({ head: 10, tail: 10 }).take() }
  }
  const following = followOutput({ shells: { look }, file: '/out', onOutput: (line) => shown.push(line) })
  await vi.advanceTimersByTimeAsync(1_000 * (answers.length + 1))
  following.stop()
  return shown
}

test('shows whole lines, however they are cut', async () => {
  expect(await shownOf(['one\ntw', 'o\nthree\n', 'never ended'])).toEqual(['one', 'two', 'three'])
})

test('keeps no line without end, and shows nothing of it', async () => {
  const part = 'x'.repeat(40_000)

  const shown = await shownOf(['before\n', part, part, part, 'its end\nafter\n', 'more\n'])

  expect(shown).toEqual(['before', 'after', 'more'])
})
