import { childOf, readXml, type XmlElement } from './read-xml.ts'

/** A disk of a running guest. */
export interface GuestDisk {
  /** UUID of its guest. */
  readonly guest: string
  /** `file`, `block`, `network` ...: what nova's cache modes go by. */
  readonly source: string
  /** What the guest sees, such as `vda`. */
  readonly target: string
  /** Null: the hypervisor's default. */
  readonly cache: string | null
  /** `native`, `threads` or `io_uring`; null: the hypervisor's default, which is threads. */
  readonly io: string | null
}

/** Reads `guest UUID` lines, each with the `<disk>` elements of that guest below it. Null where it is no XML. */
export function readGuestDisks(text: string): readonly GuestDisk[] | null {
  const parts = text.split(/^guest (.*)$/m).slice(1)
  const guests = Array.from({ length: parts.length / 2 }, (_, index) => ({
    guest: parts[index * 2] ?? '',
    root: readXml(`<disks>${parts[index * 2 + 1] ?? ''}</disks>`),
  }))
  if (guests.some(({ root }) => root === null)) return null
  return guests.flatMap(({ guest, root }) =>
    (root?.children ?? [])
      .filter((disk) => disk.attributes.get('device') === 'disk')
      .map((disk) => diskOf(guest, disk)),
  )
}

function diskOf(guest: string, disk: XmlElement): GuestDisk {
  const driver = childOf(disk, 'driver')?.attributes
  return {
    guest,
    source: disk.attributes.get('type') ?? '',
    target: childOf(disk, 'target')?.attributes.get('dev') ?? '',
    cache: driver?.get('cache') ?? null,
    io: driver?.get('io') ?? null,
  }
}
