import { type FakeHost, fakeHost, textFile, textOf } from '../../../src/testing.ts'

/** A host of small files; `set FILE TEXT` writes one, and each boot is counted, and makes of `live` what `file-1` is. */
export function smallHost(name: string, files: readonly string[]): FakeHost {
  const host = fakeHost({
    name,
    files: Object.fromEntries([...files.map((file) => [`/${file}`, 'old']), ['/boots', '0']]),
    bootTakes: 0,
    commands: [
      [/^set '?([^ ']+)'? '?([^ ']+)'?$/, (it, [, file = '', text = '']) => put(it, file, text)],
      [/^refuse$/, { exitCode: 1, stderr: 'no\n' }],
      ['boots', (it) => textOf(it, '/boots') ?? ''],
      ['restart daemon', (it) => `${it.units.set('daemon', `again-${it.counters.changes.length}`) ? '' : ''}`],
      ['owed', owed],
    ],
    onBoot: (it) => {
      put(it, 'boots', String(Number(textOf(it, '/boots')) + 1))
      if (files.includes('live')) put(it, 'live', textOf(it, '/file-1') ?? '')
    },
  })
  host.units.set('daemon', 'first')
  return host
}

/** Gives a file a text, as if the host had done it by itself. */
export function put(host: FakeHost, file: string, text: string): string {
  host.files.set(`/${file}`, textFile(text))
  return ''
}

/** What the command `owed` says: does the daemon still run with what it read before? */
export const owed = (host: FakeHost): string => {
  const entry = host.pending.get('daemon')
  return entry === 'any' || (entry !== undefined && entry === host.units.get('daemon')) ? 'owed' : ''
}
