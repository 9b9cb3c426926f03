import { createHash } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { carriedText, readCarried } from '../../src/journal/carried/carried-run.ts'
import { type FileJournal, openSqliteJournal } from '../../src/journal/sqlite-journal.ts'
import type { Event } from '../../src/model/event.ts'
import { intent, pause, release, runRow } from './events.ts'
import { temporaryFolder } from './temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let opened: FileJournal[]
beforeEach(async () => {
  folder = await temporaryFolder()
  opened = []
})
afterEach(async () => {
  for (const journal of opened) await journal.close()
  await folder[Symbol.asyncDispose]()
})

async function journalOf(name: string, now = 1_000): Promise<FileJournal> {
  const journal = await openSqliteJournal(join(folder.path, `${name}.db`), { redact: (text) => text, now: () => now })
  opened.push(journal)
  return journal
}

/** A run among others, whose code was accepted anew and whose host was released with the head of its chain. */
async function busyJournal(name = 'old'): Promise<FileJournal> {
  const journal = await journalOf(name)
  const [bundle, again] = [await journal.storeBundle(FILES), await journal.storeBundle(EDITED)]
  await journal.append([runRow('other', ['hv-09'])])
  await journal.append([{ ...runRow('r1', ['hv-01', 'hv-02']), bundle }])
  await journal.append([intent('other', 'hv-09', 1), intent('r1', 'hv-01', 1), intent('r1', 'hv-02', 1)])
  const accepted = { ...pause('r1'), action: 'accept-changes', data: { bundle: again, versions: {} } } as Event
  await journal.append([accepted, release('r1', 'hv-01', await journal.head('r1', 'hv-01'))])
  return journal
}

const FILES = [{ path: 'hugepages-1g.ts', text: 'export default 1\n' }]
const EDITED = [{ path: 'hugepages-1g.ts', text: 'export default 2\n' }]

const textOf = async (journal: FileJournal, run = 'r1') => carriedText(await journal.giveOut(run))
const carry = async (from: FileJournal, to: FileJournal) => to.takeIn(readCarried(await textOf(from), 'r1.run'))
const eventsOf = async (journal: FileJournal) => (await journal.rows('r1')).map(({ seq: _place, ...event }) => event)

describe('a run that changes hands', () => {
  it('is in the other journal row for row, with its times, heads and source files, and goes on there', async () => {
    const [from, to] = [await busyJournal(), await journalOf('new', 2_000)]
    await to.append([runRow('own', ['hv-01'])])

    const taken = await carry(from, to)

    expect(taken).toBe('taken')
    expect(await eventsOf(to)).toEqual(await eventsOf(from))
    expect((await to.rows('r1')).map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 6])
    expect(await to.head('r1', 'hv-01')).toBe(await from.head('r1', 'hv-01'))
    for (const row of await to.runRows('r1')) {
      if (row.type === 'run') expect(await to.bundle(row.bundle)).toEqual(FILES)
    }
    await to.append([intent('r1', 'hv-02', 2)])
    expect([await to.verify('r1'), await to.verify('own')]).toEqual([[], []])
  })

  it('goes on to a third with what was added in the second, in its order', async () => {
    const [first, second, third] = [await busyJournal(), await journalOf('second', 2_000), await journalOf('third')]
    await carry(first, second)
    await second.append([intent('r1', 'hv-02', 2), pause('r1', 'hv-01')])

    await carry(second, third)

    expect(await eventsOf(third)).toEqual(await eventsOf(second))
    expect(await third.verify('r1')).toEqual([])
  })

  it('comes in once; where another run has its name, or it has gone on, nothing is written', async () => {
    const [from, to, elsewhere] = [await busyJournal(), await journalOf('new'), await journalOf('elsewhere')]
    await elsewhere.append([runRow('r1', ['hv-01'])])
    await carry(from, to)
    const before = await to.rows('r1')

    const again = await carry(from, to)
    await from.append([pause('r1')])

    expect([again, await carry(from, to), await carry(from, elsewhere)]).toEqual(['same', 'other', 'other'])
    expect(await to.rows('r1')).toEqual(before)
    expect(await elsewhere.rows('r1')).toHaveLength(1)
  })

  it('comes into a journal of the first schema too', async () => {
    await copyFile(fileURLToPath(new URL('./fixtures/v1.db', import.meta.url)), join(folder.path, 'v1.db'))
    const [from, to] = [await busyJournal(), await journalOf('v1')]
    const [own] = await to.runs()

    await carry(from, to)

    expect([await to.verify('r1'), await to.verify(own?.run ?? '')]).toEqual([[], []])
  })
})

describe('the file of a run', () => {
  it('is refused when any line of it is gone, is there twice, or says something else', async () => {
    const lines = (await textOf(await busyJournal())).trimEnd().split('\n')
    const joined = (list: readonly string[]) => `${list.join('\n')}\n`
    const spoiled = lines.flatMap((line, at) => [
      joined(lines.toSpliced(at, 1)),
      joined(lines.toSpliced(at, 0, line)),
      joined(
        lines.with(
          at,
          line.replace(/[a-z](?=[^a-z]*$)/, (last) => (last === 'q' ? 'x' : 'q')),
        ),
      ),
      joined(lines.slice(0, at)),
      joined([...lines.slice(0, at), line.slice(0, line.length / 2)]),
    ])

    const read = spoiled.map((text) => {
      try {
        return readCarried(text, 'r1.run')
      } catch (error) {
        return (error as Error).name
      }
    })

    expect(lines).toHaveLength(9)
    expect(new Set(read)).toEqual(new Set(['UsageError']))
  })

  it.each([
    ['a row', 'ops@desk', 'who@else', 'its content is not what was written'],
    ['a source file', 'export default 2', 'export default 3', 'are not what was written'],
  ])(
    'is refused by its chains and hashes where %s was changed and the whole sealed anew',
    async (_what, from, to, told) => {
      const body = (await textOf(await busyJournal())).replace(/.*\n$/, '')
      const changed = body.replace(from, to)
      const sealed = `${changed}${JSON.stringify({ sha256: createHash('sha256').update(changed).digest('hex') })}\n`

      expect(changed).not.toBe(body)
      expect(() => readCarried(sealed, 'r1.run')).toThrow(told)
    },
  )

  it('is refused where it is something else, or of a later version', async () => {
    const text = await textOf(await busyJournal())

    expect(() => readCarried('{}\n', 'notes.json')).toThrow('notes.json: this is no run that runbook has exported')
    expect(() => readCarried(text.replace('"version":1', '"version":2'), 'r1.run')).toThrow('r1.run: it has version 2')
  })
})
