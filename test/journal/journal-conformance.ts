import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Journal } from '../../src/engine/ports.ts'
import { JournalFailed, LeaseLost } from '../../src/model/errors.ts'
import { Secret } from '../../src/model/secret.ts'
import { controller, intent, pause, release, runRow } from './events.ts'

/** One place where a journal is kept, and how a process opens it. */
export interface JournalPlace {
  open(): Promise<Journal>
  remove(): Promise<void>
}

/** What every journal promises, whoever keeps it. `start` gives an empty place. */
export function journalConformance(name: string, start: () => Promise<JournalPlace>): void {
  describe(name, () => {
    let place: JournalPlace
    let journal: Journal

    beforeEach(async () => {
      place = await start()
      journal = await place.open()
    })
    afterEach(async () => {
      await journal.close()
      await place.remove()
    })

    it('gives events back as they were, with a place that grows by one and a time', async () => {
      const events = [runRow('r1', ['hv-01']), intent('r1', 'hv-01', 1, { before: 'absent' }), pause('r1')]

      const appended = await journal.append(events)

      const places = [1, 2, 3].map((seq, index) => ({ ...events[index], seq, at: expect.any(Number) }))
      expect(appended).toEqual(places)
      expect(await journal.rows('r1')).toEqual(places)
    })

    it('tells apart the rows of a run, of a host, and of no host', async () => {
      await journal.append([runRow('r1', ['hv-01', 'hv-02']), runRow('r2', ['hv-01'])])
      await journal.append([intent('r1', 'hv-01', 1), intent('r2', 'hv-01', 1), pause('r1'), pause('r1', 'hv-02')])

      const seqs = async (run: string, host?: string) => (await journal.rows(run, host)).map(({ seq }) => seq)

      expect(await seqs('r1')).toEqual([1, 3, 5, 6])
      expect(await seqs('r1', 'hv-01')).toEqual([3])
      expect(await seqs('r1', 'hv-02')).toEqual([6])
      expect((await journal.runRows('r1')).map(({ seq }) => seq)).toEqual([1, 5])
      expect(await seqs('none')).toEqual([])
    })

    it('gives all rows of a run of thousands, of a host with thousands, and run-wide ones that came since', async () => {
      const many = Array.from({ length: 2_500 }, (_, index) => intent('r1', 'hv-01', index + 1))
      await journal.append([runRow('r1', ['hv-01'])])
      const before = await journal.runRows('r1')
      const written = await journal.append([...many, pause('r1')])

      expect(await journal.rows('r1')).toEqual([...before, ...written])
      expect(await journal.rows('r1', 'hv-01')).toEqual(written.slice(0, -1))
      expect(await journal.runRows('r1')).toEqual([...before, ...written.slice(-1)])
    })

    it('gives the rows of a run behind a number, the first of them where there are very many', async () => {
      const [first] = await journal.append([runRow('r1', ['hv-01']), runRow('r2', ['hv-01'])])
      const many = Array.from({ length: 5_500 }, (_, index) => intent('r1', 'hv-01', index + 1))
      const written = await journal.append(many)
      const last = written.at(-1)?.seq ?? 0

      const some = await journal.rowsSince('r1', first?.seq ?? 0)

      expect(some.length).toBeGreaterThan(0)
      expect(some).toEqual(written.slice(0, some.length))
      expect(await journal.rowsSince('r1', last - 2)).toEqual(written.slice(-2))
      expect(await journal.rowsSince('r1', last)).toEqual([])
    })

    it('leaves out undefined members, as every later reader will see them', async () => {
      const [row] = await journal.append([intent('r1', 'hv-01', 1, { gone: undefined, kept: 1 })])

      expect(row).toHaveProperty('found', { kept: 1 })
      expect(Object.keys((await journal.rows('r1'))[0] ?? {})).toEqual(Object.keys(row ?? {}))
    })

    it('keeps everything for the next process that opens it, under the same identity', async () => {
      await journal.append([runRow('r1', ['hv-01'])])
      const before = { id: journal.id, rows: await journal.rows('r1'), head: await journal.head('r1', '') }
      await journal.close()

      journal = await place.open()

      const after = { id: journal.id, rows: await journal.rows('r1'), head: await journal.head('r1', '') }
      expect(after).toEqual(before)
    })

    it('refuses a stale lease and writes none of its rows', async () => {
      const stale = await journal.lease('r1', 'hv-01')
      const fresh = await journal.lease('r1', 'hv-01')

      const late = journal.append([intent('r1', 'hv-01', 1), intent('r1', 'hv-01', 2)], stale)

      await expect(late).rejects.toBeInstanceOf(LeaseLost)
      await expect(late).rejects.toMatchObject({ code: 'E_LEASE_LOST', remedy: 'runbook status r1' })
      expect(await journal.rows('r1')).toEqual([])
      expect(await journal.append([intent('r1', 'hv-01', 1)], fresh)).toHaveLength(1)
    })

    it('refuses a lease that it never gave', async () => {
      const leases = [0, 1].map((token) => ({ run: 'r1', host: 'hv-01', token }))

      const ends = await Promise.allSettled(leases.map((lease) => journal.append([intent('r1', 'hv-01', 1)], lease)))

      expect(ends.map((end) => end.status === 'rejected' && end.reason instanceof LeaseLost)).toEqual([true, true])
      expect(await journal.rows('r1')).toEqual([])
    })

    it('counts leases per run and host', async () => {
      const first = await journal.lease('r1', 'hv-01')
      await journal.lease('r1', 'hv-02')
      await journal.lease('r2', 'hv-01')

      const appended = await journal.append([intent('r1', 'hv-01', 1)], first)

      expect(appended).toHaveLength(1)
    })

    it('takes a lease from the process that had it', async () => {
      const other = await place.open()
      const lost = await journal.lease('r1', 'hv-01')
      await other.lease('r1', 'hv-01')

      const late = journal.append([intent('r1', 'hv-01', 1)], lost)

      await expect(late).rejects.toBeInstanceOf(LeaseLost)
      await other.close()
    })

    it('writes no row of another host under a lease', async () => {
      const lease = await journal.lease('r1', 'hv-01')

      const foreign = journal.append([intent('r1', 'hv-01', 1), intent('r1', 'hv-02', 1)], lease)

      await expect(foreign).rejects.toThrow('the lease of r1/hv-01 cannot write a row of r1/hv-02')
      expect(await journal.rows('r1')).toEqual([])
    })

    it('writes all rows of one call or none of them', async () => {
      const secret = new Secret('correct horse', 'env:SUDO')

      // A secret where the type says Json: what a runbook without types can do.
      const mixed = journal.append([intent('r1', 'hv-01', 1), intent('r1', 'hv-01', 2, secret as never)])

      await expect(mixed).rejects.toThrow('a secret (env:SUDO) cannot be stored; store its reference')
      expect(await journal.rows('r1')).toEqual([])
    })

    it('gives each host a chain with a head that every row moves', async () => {
      const heads = [await journal.head('r1', 'hv-01')]
      await journal.append([intent('r1', 'hv-01', 1)])
      heads.push(await journal.head('r1', 'hv-01'))
      await journal.append([intent('r1', 'hv-02', 1)])
      heads.push(await journal.head('r1', 'hv-01'))
      await journal.append([intent('r1', 'hv-01', 2)])
      heads.push(await journal.head('r1', 'hv-01'))

      const [empty, first, same, second] = heads

      expect(empty).toBe('')
      expect(first).toMatch(/^[0-9a-f]{64}$/)
      expect(same).toBe(first)
      expect(second).toMatch(/^[0-9a-f]{64}$/)
      expect(second).not.toBe(first)
    })

    it('finds nothing wrong with what it wrote itself', async () => {
      await journal.append([runRow('r1', ['hv-01']), intent('r1', 'hv-01', 1), intent('r1', 'hv-02', 1)])
      await journal.append([release('r1', 'hv-01', await journal.head('r1', 'hv-01'))])

      const faults = await journal.verify('r1')

      expect(faults).toEqual([])
    })

    it('finds nothing wrong with the release of a host of which it had no row', async () => {
      await journal.append([runRow('r1', ['hv-01'])])
      await journal.append([release('r1', 'hv-01', await journal.head('r1', 'hv-01'))])

      const faults = await journal.verify('r1')

      expect(faults).toEqual([])
    })

    it('names a release that carries a head which is not in the chain', async () => {
      await journal.append([intent('r1', 'hv-01', 1), release('r1', 'hv-01', 'e'.repeat(64))])

      const faults = await journal.verify('r1')

      expect(faults).toEqual([
        'run r1, host hv-01, row 2 (release, seq 2): names a chain head that is not in the rows before it',
      ])
    })

    it('says of a run only what is wrong with that one', async () => {
      await journal.append([intent('r1', 'hv-01', 1), intent('r2', 'hv-01', 1), release('r2', 'hv-01', 'e'.repeat(64))])

      expect(await journal.verify('r1')).toEqual([])
      expect(await journal.verify('r2')).toHaveLength(1)
    })

    it('lists runs, the newest first, with the process that has each', async () => {
      await journal.append([runRow('r1', ['hv-01']), pause('r1'), runRow('r2', ['hv-01', 'hv-02'])])
      await journal.attach('r1', controller(7), () => true)

      const runs = await journal.runs()

      const common = { runbook: 'hugepages-1g', at: expect.any(Number), who: 'ops@desk' }
      expect(runs).toEqual([
        { ...common, run: 'r2', hosts: 2, process: null },
        { ...common, run: 'r1', hosts: 1, process: controller(7) },
      ])
    })

    it('gives a run to one living process at a time', async () => {
      const alive = () => true

      const answers = [
        await journal.attach('r1', controller(1), alive),
        await journal.attach('r1', controller(1), alive),
        await journal.attach('r1', controller(2), alive),
        await journal.attach('r2', controller(2), alive),
      ]

      expect(answers).toEqual([null, null, controller(1), null])
    })

    it('takes a run from a dead process, also when its number lives again', async () => {
      const again = { ...controller(1), startTime: '9000' }
      await journal.attach('r1', controller(1), () => true)

      const asked: unknown[] = []
      const answer = await journal.attach('r1', again, (other) => asked.push(other) < 0)

      expect(answer).toBeNull()
      expect(asked).toEqual([controller(1)])
    })

    it("gives a dead process's run to one of two that want it at once", async () => {
      await journal.attach('r1', controller(1), () => true)
      const alive = ({ pid }: { pid: number }) => pid !== 1

      const answers = await Promise.all([2, 3].map((pid) => journal.attach('r1', controller(pid), alive)))

      expect(answers).toEqual([null, controller(2)])
    })

    it('lets go of a run only for the process that has it', async () => {
      await journal.attach('r1', controller(1), () => true)
      await journal.detach('r1', controller(2))
      const held = await journal.attach('r1', controller(2), () => true)
      await journal.detach('r1', controller(1))

      const free = await journal.attach('r1', controller(2), () => true)

      expect(held).toEqual(controller(1))
      expect(free).toBeNull()
    })

    it('lets go of a run that no process has, and nothing happens', async () => {
      await journal.detach('r1', controller(1))

      expect(await journal.attach('r1', controller(2), () => true)).toBeNull()
    })

    it('stores source files under a hash of names and contents, whatever their order', async () => {
      const files = [
        { path: 'main.ts', text: 'export default 1\n' },
        { path: 'lib/a.ts', text: 'é\0\n' },
      ]

      const hash = await journal.storeBundle(files)
      const same = await journal.storeBundle(files.toReversed())
      const other = await journal.storeBundle([{ path: 'main.ts', text: 'export default 2\n' }])

      expect(hash).toMatch(/^[0-9a-f]{64}$/)
      expect(same).toBe(hash)
      expect(other).not.toBe(hash)
      expect(await journal.bundle(hash)).toEqual(files.toReversed())
    })

    it('says which source files it does not have', async () => {
      const missing = journal.bundle('0'.repeat(64))

      await expect(missing).rejects.toMatchObject({
        name: 'JournalFailed',
        code: 'E_JOURNAL',
        message: `the journal has no source files with the hash ${'0'.repeat(64)}`,
      })
    })

    it('answers no call after it was closed', async () => {
      await journal.close()

      const calls = [journal.append([pause('r1')]), journal.rows('r1'), journal.head('r1', 'hv-01')]

      const ends = await Promise.allSettled(calls)
      expect(ends.map((end) => end.status === 'rejected' && end.reason instanceof JournalFailed)).toEqual(
        calls.map(() => true),
      )
    })

    it('keeps the order in which calls were made, also when none is awaited', async () => {
      const calls = Array.from({ length: 200 }, (_, index) => journal.append([intent('r1', 'hv-01', index + 1)]))

      const rows = (await Promise.all(calls)).flat()

      expect(rows.map((row) => [row.seq, row.type === 'intent' && row.attempt])).toEqual(
        Array.from({ length: 200 }, (_, index) => [index + 1, index + 1]),
      )
      expect(await journal.verify('r1')).toEqual([])
    })
  })
}
