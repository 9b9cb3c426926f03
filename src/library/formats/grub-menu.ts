/** The boot menu of a grub.cfg. */
export interface GrubMenu {
  /** What `set default=` says: a number, an id, a title, a path of those joined by `>`, or `${saved_entry}`. */
  readonly default: string
  readonly items: readonly GrubItem[]
}

export type GrubItem = GrubEntry | GrubSubmenu

export interface GrubEntry {
  readonly kind: 'entry'
  readonly title: string
  readonly id: string | null
  /** The kernel command line, from the image on; null for an entry that starts no Linux. */
  readonly linux: string | null
}

export interface GrubSubmenu {
  readonly kind: 'submenu'
  readonly title: string
  readonly id: string | null
  readonly items: readonly GrubItem[]
}

/** What the next boot chooses by, as `grub-editenv list` prints it. */
export interface GrubEnvironment {
  readonly savedEntry: string
  readonly nextEntry: string
}

/** Reads the menu of a generated grub.cfg. Lines that belong to no entry are skipped. */
export function readGrubMenu(text: string): GrubMenu {
  let chosen = '0'
  const open: Frame[] = [{ kind: 'submenu', title: '', id: null, items: [], linux: null }]
  for (const line of text.split('\n')) {
    const top = open.at(-1)
    if (!top) break
    const choice = /^\s*set default="([^"]*)"/.exec(line)?.[1]
    if (choice !== undefined && choice !== '${next_entry}') chosen = choice
    const kernel = /^\s*linux(?:16|efi)?\s+(.*?)\s*$/.exec(line)?.[1]
    if (top.kind === 'entry' && kernel !== undefined) top.linux ??= kernel
    const header = /^\s*(menuentry|submenu)\s+(.*)\{\s*$/.exec(line)
    if (header) open.push(frame(header[1] === 'menuentry' ? 'entry' : 'submenu', header[2] ?? ''))
    else if (/^\s*function\s.*\{\s*$/.test(line)) open.push({ ...frame('entry', ''), kind: 'function' })
    else if (/^\s*\}\s*$/.test(line) && open.length > 1) close(open)
  }
  return { default: chosen, items: open[0]?.items ?? [] }
}

/** Reads `grub-editenv list`. */
export function readGrubEnvironment(text: string): GrubEnvironment {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  return { savedEntry: value('saved_entry'), nextEntry: value('next_entry') }
}

/** All entries, those of submenus in their place. */
export const grubEntries = (items: readonly GrubItem[]): GrubEntry[] =>
  items.flatMap((item) => (item.kind === 'entry' ? [item] : grubEntries(item.items)))

/** The entry that the next boot takes; GRUB falls back to the first one when the name is unknown. Null in an empty menu. */
export function nextEntry(menu: GrubMenu, environment: GrubEnvironment): GrubEntry | null {
  const wanted = menu.default === '${saved_entry}' ? environment.savedEntry : menu.default
  const path = environment.nextEntry === '' ? wanted : environment.nextEntry
  return find(menu.items, path === '' ? '0' : path) ?? grubEntries(menu.items)[0] ?? null
}

/** Is this an entry that Debian's 10_linux wrote for a kernel of this system, and not for recovery? */
export const isNormalEntry = ({ id, linux }: GrubEntry): boolean =>
  linux !== null && (id ?? '').startsWith('gnulinux-') && !RECOVERY.test(id ?? '')

/** Is this the way out: an entry of this system that boots to a rescue shell? */
export const isRecoveryEntry = ({ id, title }: GrubEntry): boolean =>
  RECOVERY.test(id ?? '') || title.endsWith('(recovery mode)')

const RECOVERY = /^gnulinux-.*-recovery-/

type Frame = {
  kind: 'entry' | 'submenu' | 'function'
  title: string
  id: string | null
  items: GrubItem[]
  linux: string | null
}

function frame(kind: 'entry' | 'submenu', header: string): Frame {
  const words = grubWords(header)
  const at = words.findIndex((word) => word === '$menuentry_id_option' || word === '--id')
  return { kind, title: words[0] ?? '', id: at === -1 ? null : (words[at + 1] ?? null), items: [], linux: null }
}

function close(open: Frame[]): void {
  const done = open.pop()
  if (!done || done.kind === 'function') return
  const { title, id, linux, items } = done
  open
    .at(-1)
    ?.items.push(done.kind === 'entry' ? { kind: 'entry', title, id, linux } : { kind: 'submenu', title, id, items })
}

function find(items: readonly GrubItem[], path: string): GrubEntry | null {
  // A title may itself hold `>`: the whole text is tried before it is parted.
  const [head = '', ...rest] = items.some((item) => named(item, path)) ? [path] : path.split('>')
  const item = /^\d+$/.test(head) ? items[Number(head)] : items.find((one) => named(one, head))
  if (!item) return null
  if (item.kind === 'entry') return rest.length === 0 ? item : null
  return rest.length === 0 ? (grubEntries(item.items)[0] ?? null) : find(item.items, rest.join('>'))
}

const named = ({ title, id }: GrubItem, name: string): boolean => id === name || title === name

function grubWords(header: string): string[] {
  const words = header.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g) ?? []
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
      (_all, single?: string, double?: string, escaped?: string) =>
        single ?? double?.replace(/\\(["\\$])/g, '$1') ?? escaped ?? '',
    ),
  )
}
