import type { Probe } from '../../../model/probe.ts'
import { imageUsers, openedBy } from '../../facts/storage/images.ts'
import { type Refusal, usersFault } from './image-faults.ts'
import { type ImageWish, inPlace } from './image-wish.ts'

/** Who uses the source, or what the copy replaces; null where nobody does. */
export async function userOf(host: Probe, wish: ImageWish): Promise<Refusal | null> {
  const own = await userOfPath(host, wish.source)
  return own ?? (inPlace(wish) ? null : userOfPath(host, wish.target))
}

/** Who uses an image; null where nobody does. */
export async function userOfPath(host: Probe, path: string): Promise<Refusal | null> {
  const [users, open] = await Promise.all([
    host.ask(imageUsers(path), { limit: '5m' }),
    host.ask(openedBy(path), { limit: '1m' }),
  ])
  return usersFault(host.name, path, users, open)
}
