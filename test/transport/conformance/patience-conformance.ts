import { describe, expect, test } from 'vitest'
import { type RealSite, useLine } from './real-line.ts'

/** What is promised about commands that do not end. These tests wait for limits to pass. */
export function patienceConformance(given: () => RealSite): void {
  describe('waiting', () => {
    const line = useLine(given)

    test('condemns a shell that answers no more, and asks the rest elsewhere', async () => {
      const stuck = line.connection.look(`sleep 4242; echo never ${line.run}`, { limit: '50ms' })
      const rest = [line.look('echo one'), line.look('echo two')]

      await expect(stuck).rejects.toMatchObject({ code: 'E_TIMED_OUT' })

      expect((await Promise.all(rest)).map(({ stdout }) => stdout)).toEqual(['one\n', 'two\n'])
      expect((await line.site.inside('pgrep -f "sleep 424[2]"')).stdout).toBe('')
    }, 20_000)

    test('ends the whole group of a change that does not end within its limit', async () => {
      await line.claim()

      const answer = await line.command(`trap '' TERM; sleep 3636 & echo began; wait; wait`, { limit: '1s' })

      expect(answer).toMatchObject({ kind: 'ended', timedOut: true, stdout: 'began\n' })
      expect((await line.site.inside('pgrep -f "sleep 363[6]"')).stdout).toBe('')
    }, 30_000)
  })
}
