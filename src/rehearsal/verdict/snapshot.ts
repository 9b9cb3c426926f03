import { CommandFailed } from '../../model/errors.ts'
import { COUNTS_FOLDER, MODEL_PATH } from '../hosts/host-model.ts'
import type { TestHost } from '../hosts/test-host.ts'

/** Path to one line of text that tells its kind, mode, owner and content apart. */
export type Snapshot = ReadonlyMap<string, string>

export interface Difference {
  readonly path: string
  readonly act: 'added' | 'changed' | 'removed'
  /** What stood there; absent when added. */
  readonly before?: string
  /** What stands there now; absent when removed. */
  readonly after?: string
}

/** Where the product keeps its own record on a host: owner, kept bytes, markers. */
export const RECORD = '/var/lib/runbook'

/** Folders whose every file is looked at. */
const ROOTS = '/etc /boot /usr/local /usr/lib/python3 /root /home /opt /srv /var/spool /var/lib'.split(' ')

// The system's log takes a file for each user whenever it comes to it.
const NOT_ITS_FOLDERS = [`${COUNTS_FOLDER}/`, '/var/log/journal/']
// The emulation's own files, and those that Docker writes anew at each start.
const NOT_THE_HOSTS = new Set([
  MODEL_PATH,
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  // systemd's, at each shutdown.
  '/var/lib/systemd/random-seed',
])
// libvirt's folders of a guest that runs are numbered by its starts.
const OF_A_GUESTS_START = /^\/var\/lib\/libvirt\/qemu\/(?:channel\/target\/)?domain-\d+-/
const isTheHosts = (path: string): boolean =>
  !NOT_THE_HOSTS.has(path) &&
  path !== COUNTS_FOLDER &&
  !NOT_ITS_FOLDERS.some((folder) => path.startsWith(folder)) &&
  !OF_A_GUESTS_START.test(path)

// The number of a process differs at every start; that the file is there is told.
const isNumberOfProcess = (path: string): boolean => /[/.]pid$/.test(path)

/** Every file, folder and link under the roots, with a hash of its content. */
export async function takeSnapshot(host: TestHost): Promise<Snapshot> {
  const roots = ROOTS.join(' ')
  const [kinds, hashes] = await Promise.all([
    inside(host, `find ${roots} -printf '%y %#m %u:%g\\t%p\\t%l\\n' 2>/dev/null || true`),
    inside(host, `find ${roots} -type f -exec sha256sum {} + 2>/dev/null || true`),
  ])
  const content = new Map(lines(hashes).map((line) => [line.slice(66), line.slice(0, 64)]))
  const entries = lines(kinds).map((line): [string, string] => {
    const [facts = '', path = '', target = ''] = line.split('\t')
    const hash = isNumberOfProcess(path) ? '' : (content.get(path) ?? '')
    return [path, [facts, target && `-> ${target}`, hash].filter((word) => word !== '').join(' ')]
  })
  return new Map(entries.filter(([path]) => isTheHosts(path)))
}

/** The snapshot, and beyond its roots every path that anything has written since the host was made. */
export async function takeTraces(host: TestHost): Promise<Snapshot> {
  const [snapshot, written] = await Promise.all([takeSnapshot(host), host.written()])
  // Docker lists a folder as changed with everything that changed in it.
  const folders = new Set(written.map((line) => line.slice(2, line.lastIndexOf('/'))))
  const elsewhere = written
    .filter((line) => !(line.startsWith('C') && folders.has(line.slice(2))))
    .map((line): [string, string] => [line.slice(2), `written (${line[0]})`])
    .filter(([path]) => !snapshot.has(path) && isTheHosts(path))
  return new Map([...snapshot, ...elsewhere])
}

/** What differs, by path. */
export function differences(before: Snapshot, after: Snapshot): readonly Difference[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths.flatMap((path): readonly Difference[] => {
    const [old, now] = [before.get(path), after.get(path)]
    if (old === now) return []
    const first = old === undefined ? {} : { before: old }
    if (now === undefined) return [{ path, act: 'removed', ...first }]
    return [{ path, act: old === undefined ? 'added' : 'changed', ...first, after: now }]
  })
}

/** Without the product's own record, which stays on purpose. */
export const beyondRecord = (found: readonly Difference[]): readonly Difference[] =>
  found.filter(({ path }) => path !== RECORD && !path.startsWith(`${RECORD}/`))

/** One line for an operator. */
export const inWords = ({ path, act, after }: Difference): string =>
  act === 'removed' || after === undefined ? `${act} ${path}` : `${act} ${path} (${after.slice(0, 60)})`

/** What a run that was killed and resumed changed otherwise than one that nobody disturbed, but for contents of `unequal`. */
export function unlike(
  undisturbed: readonly Difference[],
  killed: readonly Difference[],
  unequal: readonly string[] = [],
): readonly string[] {
  const told = (one: Difference) => inWords(unequal.includes(one.path) ? withoutContent(one) : one)
  const [wished, found] = [undisturbed.map(told), killed.map(told)]
  return [
    ...wished.filter((one) => !found.includes(one)).map((one) => `missing after the kills: ${one}`),
    ...found.filter((one) => !wished.includes(one)).map((one) => `only after the kills: ${one}`),
  ]
}

const withoutContent = ({ after, ...one }: Difference): Difference =>
  after === undefined ? one : { ...one, after: after.replace(/ [0-9a-f]+$/, '') }

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

/** What shell text prints at the machine itself. Throws CommandFailed. */
export async function inside(host: TestHost, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await host.inside(script)
  if (exitCode === 0) return stdout
  throw new CommandFailed(
    `${host.name} could not be looked at from inside: ${stderr.trim() || `exit code ${exitCode}`}`,
    {
      exitCode,
      tail: stderr,
    },
  )
}
