import { info, type Note, warning } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { guestDisks } from '../../facts/openstack/instances.ts'
import type { GuestDisk } from '../../formats/libvirt/guest-disks.ts'

/** Guests that keep what they were started with: `differs` says how a disk of theirs is not as wished, or null. */
export async function pendingGuests(
  host: Probe,
  differs: (disk: GuestDisk) => string | null,
): Promise<readonly Note[]> {
  const disks = await host.ask(guestDisks)
  if (disks === null)
    return [warning('W_GUESTS_UNKNOWN', `libvirt on ${host.name} does not show the disks of its guests`)]
  const different = disks.flatMap((disk) => {
    const how = differs(disk)
    return how === null ? [] : [{ guest: disk.guest, disk: disk.target, how }]
  })
  if (different.length === 0) return []
  const guests = Map.groupBy(different, ({ guest }) => guest)
  const list = [...guests].map(
    ([guest, its]) => `${guest} (${its.map(({ disk, how }) => `${disk} ${how}`).join(', ')})`,
  )
  return [info('I_PENDING', `takes effect at the next hard reboot of ${list.join('; ')}`, different)]
}
