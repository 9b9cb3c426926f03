import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../../src/engine/ports.ts'
import { HostUnreachable } from '../../../src/model/errors.ts'
import { bytes, nextRun, runOn } from '../conformance/guard-conformance.ts'
import { atEveryCall, type MortalSite, mortalHost } from '../hosts/mortal-tools.ts'

// Each test kills the guard at every call of a tool that it makes, before and after the tool did its work.
let site: MortalSite
let connection: Connection
beforeAll(async () => {
  site = await mortalHost()
  connection = await site.transport.open(site.host, { deadline: '30s' })
})
afterAll(() => site.down())

const lostOr = <Value>(work: Promise<Value>): Promise<Value | 'lost'> =>
  work.catch((error: unknown) => {
    if (error instanceof HostUnreachable) return 'lost' as const
    throw error
  })

const look = (command: string) => connection.look(command, { limit: '10s' })

describe('a guard killed anywhere', () => {
  test('leaves the old file or the new one, a marker where it is new, and a way back', async () => {
    const found = await atEveryCall(site, ['before', 'after'], async (mortal) => {
      const run = nextRun()
      const path = `/etc/${run}.conf`
      const mine = runOn(connection, run)
      await look(`printf old >${path}; chmod 640 ${path}`)
      const before = (await connection.read(path)).fingerprint
      const token = await mine.claim()
      const write = { kind: 'write', path, content: bytes('new'), replacing: before } as const

      const answer = await mortal(() => lostOr(mine.change(token, write)))

      const { text } = await connection.read(path)
      const markers = (await connection.guard.settleRunning(run, '5s')).length
      const restored = (await mine.change(await mine.claim('bbbb'), { kind: 'restore', path, before })).kind
      const { stdout } = await look(`cat ${path}; stat -c ' %a' ${path}; ls -A /etc | grep -c 'runbook-${run}$'`)
      await connection.guard.unlock(run)
      return { answered: answer !== 'lost', text, markers, restored, after: stdout }
    })

    for (const one of found) {
      expect(one).toMatchObject({ text: expect.stringMatching(/^(old|new)$/), restored: 'done' })
      expect(one).toMatchObject({ after: one.text === 'new' ? 'old 640\n0\n' : expect.stringMatching(/^old 640\n/) })
      if (one.text === 'new') expect(one).toMatchObject({ markers: 1 })
      if (one.answered) expect(one).toMatchObject({ text: 'new' })
    }
    expect(new Set(found.map(({ text }) => text))).toEqual(new Set(['old', 'new']))
    expect(found.length).toBeGreaterThan(16)
  }, 120_000)

  test('can be undone by hand after it was killed in a write', async () => {
    const found = await atEveryCall(site, ['before'], async (mortal) => {
      const run = nextRun()
      const path = `/etc/${run}.conf`
      const mine = runOn(connection, run)
      const token = await mine.claim()
      const write = { kind: 'write', path, content: bytes('new'), replacing: 'absent' } as const

      await mortal(() => lostOr(mine.change(token, write)))

      const { exitCode } = await look(`sh /var/lib/runbook/runs/${run}/undo.sh`)
      const { text } = await connection.read(path)
      await connection.guard.unlock(run)
      return { exitCode, text }
    })

    for (const one of found) expect(one).toMatchObject({ exitCode: 0, text: '' })
  }, 120_000)

  test('never runs a command without a marker, and never claims an end that it did not see', async () => {
    const found = await atEveryCall(site, ['before', 'after'], async (mortal) => {
      const run = nextRun()
      const path = `/etc/${run}.count`
      const mine = runOn(connection, run)
      const token = await mine.claim()

      const answer = await mortal(() => lostOr(mine.change(token, { kind: 'command', text: `echo x >>${path}` })))

      const [marker] = await connection.guard.settleRunning(run, '5s')
      const ran = (await connection.read(path)).text.length / 2
      const next = await mine.change(await mine.claim('bbbb'), { kind: 'command', text: 'echo next' })
      await connection.guard.unlock(run)
      const exit = answer !== 'lost' && answer.kind === 'ended' ? answer.exitCode : 'lost'
      return { exit, state: marker ? `${marker.state} ${marker.exitCode}` : 'none', ran, next }
    })

    for (const one of found) {
      expect(one).toMatchObject({ next: { kind: 'ended', stdout: 'next\n' } })
      expect(one.ran).toBeLessThanOrEqual(1)
      expect(['none', 'gone null', 'ended 0', 'ended 137']).toContain(one.state)
      if (one.state === 'none') expect(one).toMatchObject({ ran: 0 })
      if (one.state === 'ended 0') expect(one).toMatchObject({ ran: 1 })
      if (one.exit !== 'lost') expect(one).toMatchObject({ state: `ended ${one.exit}` })
    }
  }, 120_000)

  test('leaves a claim, a release and an unlock to be done again, and the epoch growing', async () => {
    let last = 0
    const found = await atEveryCall(site, ['before'], async (mortal) => {
      const run = nextRun()
      const mine = runOn(connection, run)

      const first = await mortal(() => lostOr(mine.claim('aaaa')))
      const { epoch } = await mine.claim('bbbb')

      const grew = epoch > last && (first === 'lost' || epoch > first.epoch)
      await connection.guard.unlock(run)
      last = epoch
      return { grew }
    })

    expect(found.filter(({ grew }) => !grew)).toEqual([])
  }, 120_000)

  test.each(['release', 'unlock'] as const)(
    'leaves a %s whole or undone',
    async (verb) => {
      const found = await atEveryCall(site, ['before', 'after'], async (mortal) => {
        const run = nextRun()
        const mine = runOn(connection, run)
        const token = await mine.claim()
        const { guard } = connection
        const once = (): Promise<unknown> =>
          verb === 'unlock' ? guard.unlock(run) : guard.release({ token, head: 'h' })

        await mortal(() => lostOr(once()))

        const { owner } = await guard.inspect(run)
        await guard.unlock(run)
        const other = nextRun()
        const next = await runOn(connection, other).claim()
        await guard.unlock(other)
        return { state: owner?.state, grew: next.epoch > token.epoch }
      })

      expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['owned', 'released']))
      expect(found.filter(({ grew }) => !grew)).toEqual([])
    },
    120_000,
  )
})
