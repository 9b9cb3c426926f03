import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Change, ChangeRequest } from '../../../src/engine/guard-port.ts'
import type { Connection, Transport, TransportHost } from '../../../src/engine/ports.ts'
import { NotOwner } from '../../../src/model/errors.ts'
import type { Token } from '../../../src/model/event.ts'

/** A host that a transport reaches, and a way to its files beside the transport. */
export interface GuardSite {
  readonly transport: Transport
  readonly host: TransportHost
  /** An absolute path under which tests may do what they like. */
  readonly folder: string
  put(path: string, text: string): Promise<void>
  /** Null: there is none. */
  textOf(path: string): Promise<string | null>
  down(): Promise<void>
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A claim and changes in the name of one run. */
export function runOn(connection: Connection, run: string, journal = 'journal-a') {
  let n = 0
  return {
    claim: async (random = 'aaaa', lease = 1) => {
      const wish = { run, journal, controller: 'someone@laptop', atLeast: 0, random, lease }
      return (await connection.guard.claim(wish)).token
    },
    change: (token: Token, change: Change, more: Partial<ChangeRequest> = {}) => {
      n += 1
      return connection.guard.change({
        token,
        step: 'a-step',
        act: 'apply',
        attempt: 1,
        n,
        limit: '20s',
        change,
        ...more,
      })
    },
  }
}

let runs = 0
/** A name that no earlier test used. */
export function nextRun(): string {
  runs += 1
  return `run${runs}`
}

/** What every host promises, real or in memory: who owns it, and how files change. */
export function guardConformance(given: () => GuardSite): void {
  describe('owning', () => {
    let site: GuardSite
    let connection: Connection
    let path: string
    let run: string
    let mine: ReturnType<typeof runOn>

    beforeEach(async () => {
      site = given()
      if (run) await connection.guard.unlock(run)
      connection ??= await site.transport.open(site.host, { deadline: '30s' })
      run = nextRun()
      path = `${site.folder}/${run}.conf`
      mine = runOn(connection, run)
    })
    afterAll(async () => {
      await connection.guard.unlock(run)
      await connection.close()
    })

    test('reads a missing file as absent', async () => {
      const file = await connection.read(path)

      expect(file).toEqual({ state: 'absent', path, text: '', fingerprint: 'absent' })
    })

    test('reads text, mode and owner of a file', async () => {
      await site.put(path, 'one\ntwo')

      const file = await connection.read(path)

      expect(file).toMatchObject({ state: 'present', path, text: 'one\ntwo', mode: '0644', owner: '0:0' })
    })

    test('writes a new file and answers with the fingerprint that reading gives', async () => {
      const token = await mine.claim()

      const answer = await mine.change(token, { kind: 'write', path, content: bytes('new\n'), replacing: 'absent' })

      const { fingerprint, text } = await connection.read(path)
      expect([answer, text]).toEqual([{ kind: 'done', fingerprint }, 'new\n'])
    })

    test('writes nothing over a file that is not the expected one', async () => {
      await site.put(path, 'theirs\n')
      const token = await mine.claim()
      const { fingerprint } = await connection.read(path)

      const answer = await mine.change(token, { kind: 'write', path, content: bytes('mine\n'), replacing: 'absent' })

      expect(answer).toMatchObject({ kind: 'conflict', actual: fingerprint })
      expect(await site.textOf(path)).toBe('theirs\n')
    })

    test('puts back what was found before several writes', async () => {
      await site.put(path, 'first\n')
      const token = await mine.claim()
      const before = (await connection.read(path)).fingerprint
      await mine.change(token, { kind: 'write', path, content: bytes('second\n'), replacing: before })
      const between = (await connection.read(path)).fingerprint
      await mine.change(token, { kind: 'write', path, content: bytes('third\n'), replacing: between })

      const answer = await mine.change(token, { kind: 'restore', path, before })

      expect(answer).toEqual({ kind: 'done', fingerprint: before })
      expect(await site.textOf(path)).toBe('first\n')
    })

    test('takes a file away that was absent before', async () => {
      const token = await mine.claim()
      await mine.change(token, { kind: 'write', path, content: bytes('new\n'), replacing: 'absent' })

      const answer = await mine.change(token, { kind: 'restore', path, before: 'absent' })

      expect(answer).toEqual({ kind: 'done', fingerprint: 'absent' })
      expect(await site.textOf(path)).toBeNull()
    })

    test('leaves a file alone that somebody else changed since', async () => {
      await site.put(path, 'first\n')
      const token = await mine.claim()
      const before = (await connection.read(path)).fingerprint
      await mine.change(token, { kind: 'write', path, content: bytes('mine\n'), replacing: before })
      await site.put(path, 'theirs\n')

      const answer = await mine.change(token, { kind: 'restore', path, before })

      expect(answer.kind).toBe('conflict')
      expect(await site.textOf(path)).toBe('theirs\n')
    })

    test('has nothing to restore where the file is as before', async () => {
      await site.put(path, 'first\n')
      const token = await mine.claim()
      const before = (await connection.read(path)).fingerprint

      const answer = await mine.change(token, { kind: 'restore', path, before })

      expect(answer).toEqual({ kind: 'done', fingerprint: before })
    })

    test('removes a file and can put it back', async () => {
      await site.put(path, 'precious\n')
      const token = await mine.claim()
      const before = (await connection.read(path)).fingerprint

      const removed = await mine.change(token, { kind: 'remove', path, replacing: before })
      const gone = await site.textOf(path)
      await mine.change(token, { kind: 'restore', path, before })

      expect([removed, gone]).toEqual([{ kind: 'done', fingerprint: 'absent' }, null])
      expect(await site.textOf(path)).toBe('precious\n')
    })

    test('gives an epoch above that of the host and that of the journal, and the boot', async () => {
      const { guard } = connection
      const claim = { run, journal: 'journal-a', controller: 'someone@laptop', random: 'aaaa', lease: 1 }

      const { token: first } = await guard.claim({ ...claim, atLeast: 1_000 })
      const { token: second, bootId } = await guard.claim({ ...claim, atLeast: 0 })

      expect([first.epoch > 1_000, second.epoch - first.epoch]).toEqual([true, 1])
      expect(bootId).toBe((await guard.inspect(run)).bootId)
    })

    test('refuses another run, and the same run from another journal', async () => {
      await mine.claim()

      const other = runOn(connection, nextRun()).claim()
      const otherJournal = runOn(connection, run, 'journal-b').claim()

      await expect(other).rejects.toMatchObject({ code: 'E_LOCKED', message: expect.stringContaining(run) })
      await expect(otherJournal).rejects.toBeInstanceOf(NotOwner)
    })

    test('refuses who took the same run up earlier, also once it is released, and not another run', async () => {
      const token = await mine.claim('bbbb', 5)

      await expect(mine.claim('aaaa', 4)).rejects.toBeInstanceOf(NotOwner)
      await connection.guard.release({ token, head: 'x' })
      await expect(mine.claim('aaaa', 4)).rejects.toMatchObject({ code: 'E_LOCKED' })
      const { owner } = await connection.guard.inspect(run)
      const later = await mine.claim('cccc', 5)
      await connection.guard.release({ token: later, head: 'x' })

      const another = await runOn(connection, nextRun()).claim('dddd', 1)
      await connection.guard.release({ token: another, head: 'x' })

      expect(owner).toMatchObject({ state: 'released', token, lease: 5 })
      expect(another.epoch).toBeGreaterThan(later.epoch)
    })

    test('refuses every change in the name of a stale token', async () => {
      const stale = await mine.claim('aaaa')
      const token = await mine.claim('bbbb')

      const write = mine.change(stale, { kind: 'write', path, content: bytes('no'), replacing: 'absent' })
      await expect(write).rejects.toBeInstanceOf(NotOwner)
      await expect(connection.guard.release({ token: stale, head: 'x' })).rejects.toBeInstanceOf(NotOwner)
      await expect(connection.guard.requestReboot({ token: stale, oldBootId: 'x' })).rejects.toBeInstanceOf(NotOwner)

      expect(await site.textOf(path)).toBeNull()
      expect((await connection.guard.inspect(run)).owner?.token).toEqual(token)
    })

    test('lets anybody claim a released host, with an epoch that goes on', async () => {
      const token = await mine.claim()
      await connection.guard.release({ token, head: 'head-of-the-chain' })
      const released = (await connection.guard.inspect(run)).owner
      const next = nextRun()

      const taken = await runOn(connection, next, 'journal-b').claim()
      await connection.guard.unlock(next)

      expect(released).toMatchObject({ state: 'released', token, head: 'head-of-the-chain' })
      expect(taken.epoch).toBe(token.epoch + 1)
    })

    test('leaves an empty record of a higher epoch behind an unlock', async () => {
      const token = await mine.claim()

      const { epoch } = await connection.guard.unlock(run)

      const { owner } = await connection.guard.inspect(run)
      expect(owner).toMatchObject({ state: 'released', token: { epoch: token.epoch + 1, run: '' } })
      expect(epoch).toBe(token.epoch + 1)
      await expect(mine.change(token, { kind: 'keep', path })).rejects.toBeInstanceOf(NotOwner)
    })

    test('shows a run the markers of its own changes alone', async () => {
      const token = await mine.claim()
      await mine.change(token, { kind: 'write', path, content: bytes('x'), replacing: 'absent' })

      const { markers } = await connection.guard.inspect(run)

      const common = { run, step: 'a-step', act: 'apply', attempt: 1, n: 1 }
      expect(markers).toEqual([{ ...common, state: 'ended', exitCode: 0 }])
      expect((await connection.guard.inspect('another-run')).markers).toEqual([])
    })

    test('forgets the kept bytes of a run that was cleaned', async () => {
      await site.put(path, 'first\n')
      const token = await mine.claim()
      const before = (await connection.read(path)).fingerprint
      await mine.change(token, { kind: 'write', path, content: bytes('second\n'), replacing: before })
      await connection.guard.release({ token, head: 'x' })

      const cleaned = await connection.guard.clean([run])

      const again = await mine.claim()
      expect(cleaned).toEqual([run])
      expect(await mine.change(again, { kind: 'restore', path, before })).toMatchObject({ kind: 'conflict' })
    })
  })
}
