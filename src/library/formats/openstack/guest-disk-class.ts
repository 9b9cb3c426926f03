/**
 * What nova's class of guest disks can do. `stock-old`: no asynchronous I/O at all. `seed-patched`: an old class that
 * writes `io='native'` for every disk. `modern`: writes what `driver_io` says. `modern-patched`: a modern one that writes
 * native whatever the cache mode. `unknown`: no such class, or half a patch.
 */
export type GuestDiskClass = 'stock-old' | 'seed-patched' | 'modern' | 'modern-patched' | 'unknown'

export interface GuestDiskSource {
  readonly state: GuestDiskClass
  /** First line of the class that names `driver_io`; null where none does. Counts from 1. */
  readonly driverIoLine: number | null
}

/** Reads nova's virt/libvirt/config.py. Only the body of `LibvirtConfigGuestDisk` counts. */
export function readGuestDiskClass(text: string): GuestDiskSource {
  const body = classBody(text)
  if (body === null) return { state: 'unknown', driverIoLine: null }
  const lines = body.text.split(/\r\n|\n/)
  const at = lines.findIndex((line) => /\bdriver_io\b/.test(line))
  const driverIoLine = at === -1 ? null : body.firstLine + at
  const sets = lines.some((line) => /^\s*self\.io\s*=/.test(line))
  const writes = lines.some((line) => /drv\.set\("io",\s*self\.io\)/.test(line))
  if (sets !== writes) return { state: 'unknown', driverIoLine }
  if (sets) return { state: driverIoLine === null ? 'seed-patched' : 'modern-patched', driverIoLine }
  return { state: driverIoLine === null ? 'stock-old' : 'modern', driverIoLine }
}

/** The class that must change is the only one that counts: nova has other classes with a `format_dom`. */
export function classBody(
  text: string,
): { readonly text: string; readonly start: number; readonly firstLine: number } | null {
  const start = text.search(/^class LibvirtConfigGuestDisk\b/m)
  if (start === -1) return null
  const length = text.slice(start + 1).search(/^class /m)
  const body = length === -1 ? text.slice(start) : text.slice(start, start + 1 + length)
  return { text: body, start, firstLine: text.slice(0, start).split('\n').length }
}

/** The two lines of the patch are put in, or an anchor of theirs is not there exactly once. */
export type NativeIoPatch =
  | { readonly state: 'patched'; readonly text: string }
  | { readonly state: 'no-anchor'; readonly anchor: string; readonly count: number }

const ANCHORS = ['self.backing_store = None', 'dev.append(drv)'] as const
const MARK = '# runbook disk-aio-native'

/**
 * Makes an old class write `io='native'` for every disk: two lines, each in the indentation and with the line end of its
 * anchor. Every other byte stays.
 */
export function withNativeIo(text: string): NativeIoPatch {
  const body = classBody(text) ?? { text: '', start: 0 }
  const [attribute, append] = ANCHORS.map((anchor) => linesThat(body.text, anchor))
  for (const [index, found] of [attribute, append].entries()) {
    if (found?.length !== 1) return { state: 'no-anchor', anchor: ANCHORS[index] ?? '', count: found?.length ?? 0 }
  }
  const [first, second] = [attribute?.[0], append?.[0]]
  if (!first || !second || !body.text.slice(first.next, second.start).includes('drv.set(')) {
    return { state: 'no-anchor', anchor: 'drv.set(', count: 0 }
  }
  const at = (offset: number) => body.start + offset
  return {
    state: 'patched',
    text: [
      text.slice(0, at(first.next)),
      `${first.indent}self.io = "native"  ${MARK}${first.lineEnd}`,
      text.slice(at(first.next), at(second.start)),
      `${second.indent}if self.io is not None: drv.set("io", self.io)  ${MARK}${second.lineEnd}`,
      text.slice(at(second.start)),
    ].join(''),
  }
}

function linesThat(text: string, statement: string) {
  const lines = [...text.matchAll(/^([ \t]*)(.*?)[ \t]*(\r?\n)/gm)].filter(([, , said]) => said === statement)
  return lines.map(({ index, 0: whole, 1: indent = '', 3: lineEnd = '' }) => {
    return { start: index, next: index + whole.length, indent, lineEnd }
  })
}
