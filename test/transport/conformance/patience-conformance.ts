import { describe, expect, test, vi } from 'vitest'
import { nextRun, runOn } from './guard-conformance.ts'
import type { RealSite } from './real-line.ts'

/** What is promised about commands that do not end. These tests wait for limits to pass, side by side. */
export function patienceConformance(given: () => RealSite): void {
  describe.concurrent('waiting', () => {
    const fresh = () => given().transport.open(given().host, { deadline: '30s' })

    test('condemns a shell that answers no more, and asks the rest elsewhere', async () => {
      const connection = await fresh()

      const stuck = connection.look('sleep 4242; echo never', { limit: '50ms' })
      const rest = ['echo one', 'echo two'].map((text) => connection.look(text, { limit: '10s' }))

      await expect(stuck).rejects.toMatchObject({ code: 'E_TIMED_OUT' })
      expect((await Promise.all(rest)).map(({ stdout }) => stdout)).toEqual(['one\n', 'two\n'])
      // It is ended over a channel of its own, which the answers to the others do not wait for.
      await vi.waitFor(async () => expect((await given().inside('pgrep -f "sleep 424[2]"')).stdout).toBe(''), 15_000)
      await connection.close()
    }, 30_000)

    test('ends the whole group of a change that does not end within its limit', async () => {
      const connection = await fresh()
      const run = nextRun()
      const mine = runOn(connection, run)
      const text = `trap '' TERM; sleep 3636 & echo began; wait; wait`

      const answer = await mine.change(await mine.claim(), { kind: 'command', text }, { limit: '1s' })

      expect(answer).toMatchObject({ kind: 'ended', timedOut: true, stdout: 'began\n' })
      expect((await given().inside('pgrep -f "sleep 363[6]"')).stdout).toBe('')
      await connection.guard.unlock(run)
      await connection.close()
    }, 30_000)
  })
}
