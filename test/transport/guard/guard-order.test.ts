import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytes } from '../conformance/guard-conformance.ts'
import { useLine } from '../conformance/real-line.ts'
import { type MortalSite, mortalHost } from '../hosts/mortal-tools.ts'

let site: MortalSite
beforeAll(async () => {
  site = await mortalHost()
})
afterAll(() => site.down())
const line = useLine(() => site)

/** The tools that a piece of work calls on the host, with the long names of its files told by a word. */
async function toolsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  site.killAt(1_000_000, 'before')
  await work()
  site.disarm()
  const key = 'a-step.apply.1.1'
  const names: readonly (readonly [string, string])[] = [
    [`/var/lib/runbook/runs/${line.run}`, 'RUN'],
    ['/var/lib/runbook', 'HOME'],
    [`RUN/markers/${key}`, 'MARKER'],
    [`RUN/stage/${key}.1`, 'STAGE'],
    [`/etc/.runbook-${line.run}`, 'BESIDE'],
    [line.path, 'FILE'],
  ]
  const short = (call: string) => names.reduce((text, [name, word]) => text.replaceAll(name, word), call)
  return site.calls().map((call) =>
    short(call)
      .replaceAll(/[0-9a-f]{64}/g, 'SHA')
      .replace(/guard-\w+/, 'GUARD'),
  )
}

// Each tool is a fork of about a millisecond on the host: what is listed here is also the price.
describe('what the guard calls, and in which order', () => {
  test('everything that undoing needs is durable before a file is renamed, and the rename after it', async () => {
    await site.put(line.path, 'old\n')
    await line.claim()
    const { fingerprint: replacing } = await line.connection.read(line.path)

    const calls = await toolsOf(() => line.change({ kind: 'write', path: line.path, content: bytes('new'), replacing }))

    expect(calls).toEqual([
      'stat -c %u:%a HOME HOME/GUARD.sh',
      'flock -w 60 9',
      'sha256sum -- FILE STAGE',
      'stat -c %a %u:%g - -- FILE',
      'cat FILE',
      'sha256sum',
      'cp -a --attributes-only -- FILE RUN/kept/like.SHA.new',
      'mv -f -- RUN/kept/like.SHA.new RUN/kept/like.SHA',
      'cp -a -- FILE BESIDE',
      'cat STAGE',
      'sync MARKER RUN/markers RUN/manifest RUN RUN/kept/SHA RUN/kept/like.SHA RUN/kept BESIDE',
      'mv -f -- BESIDE FILE',
      'sync /etc MARKER',
    ])
  })

  test('the marker and the note of a restart are durable before a command begins', async () => {
    await line.claim()

    const calls = await toolsOf(() => line.command('stat /', { readBy: 'some.service' }))

    expect(calls.slice(0, 5)).toEqual([
      'stat -c %u:%a HOME HOME/GUARD.sh',
      'flock -w 60 9',
      'sync MARKER RUN/markers HOME/pending/some.service HOME/pending',
      expect.stringMatching(/^timeout -k 10 20 /),
      'stat /',
    ])
  })
})
