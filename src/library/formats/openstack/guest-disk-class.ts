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
