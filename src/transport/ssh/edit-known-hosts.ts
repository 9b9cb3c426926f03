import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isFor, parseKnownHosts } from './known-hosts.ts'

/** What becomes of one host's lines. */
export interface KeyChange {
  /** As known_hosts has it: an address, or `[address]:port`. */
  readonly name: string
  readonly add: { readonly type: string; readonly key: string }
  /** A key, in base64, that is not this host's any more. */
  readonly remove?: string
}

/**
 * The text with the keys added at its end. Every other byte stays; a line that loses its only name goes. Lines of
 * several hosts keep the other names; certificate authorities, revoked keys and lines with wildcards stay as they are.
 */
export function editKnownHosts(text: string, changes: readonly KeyChange[]): string {
  const kept = text.split('\n').flatMap((line) => without(line, changes))
  const base = kept.join('\n')
  const lines = changes.map(({ name, add }) => `${name} ${add.type} ${add.key}\n`)
  return `${base}${base === '' || base.endsWith('\n') ? '' : '\n'}${lines.join('')}`
}

function without(line: string, changes: readonly KeyChange[]): readonly string[] {
  const [entry] = parseKnownHosts(line, '')
  if (entry?.marker !== 'none') return [line]
  const leaving = changes.filter(({ name, remove }) => remove === entry.key && isFor(entry, name))
  if (leaving.length === 0) return [line]
  if (entry.names.kind === 'hashed') return []
  const [names = ''] = line.trimStart().split(/\s+/, 1)
  const staying = names.split(',').filter((name) => !leaving.some((change) => change.name === name.toLowerCase()))
  return staying.length === 0 ? [] : [line.replace(names, staying.join(','))]
}

/** Another process may write as well: this often the file is read again because it changed meanwhile. */
const TRIES = 5

/**
 * Changes a known_hosts file in one step: a reader sees the old text or the new one. The file is its owner's alone
 * afterwards (0600); a link stays a link. Throws what the file system says, and where the path is no regular file.
 */
export async function writeKnownHosts(path: string, changes: readonly KeyChange[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const place = await realpath(path).catch(() => path)
  const found = await stat(place).catch(() => null)
  if (found && !found.isFile()) throw new Error(`${path} is no regular file`)
  for (let attempt = 1; ; attempt += 1) {
    const before = await readText(place)
    const draft = `${place}.${randomUUID().slice(0, 8)}`
    try {
      await using file = await open(draft, 'wx', 0o600)
      if (found) await file.chown(found.uid, found.gid).catch(() => {})
      // Bytes that are no UTF-8 come back as they were.
      await file.writeFile(editKnownHosts(before, changes), 'latin1')
      await file.sync()
      if ((await readText(place)) === before || attempt === TRIES) {
        await rename(draft, place)
        return
      }
    } finally {
      await rm(draft, { force: true })
    }
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
}
