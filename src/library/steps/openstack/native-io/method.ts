import { type BlockedCheck, blocked, satisfied } from '../../../../model/check.ts'
import type { Probe } from '../../../../model/probe.ts'
import { type Gate, gate } from '../../../../model/step.ts'
import { type FoundSource, guestDiskClassOf, type LocatedSource } from '../guest-disk-source.ts'
import type { ConfigurationParts } from '../service-configuration.ts'

/** How guests get Linux's native asynchronous I/O: nova's own way, the seed's patch, or what this nova needs. */
export type NativeIoMethod = 'auto' | 'preallocate' | 'patch'

export interface NativeIoParts extends ConfigurationParts {
  readonly method: NativeIoMethod
  /** nova's virt/libvirt/config.py where it cannot be found out. */
  readonly configPy?: string | undefined
}

/** Where nova's class of guest disks is, and the way that this host goes; `blocked` where there is none. */
export type ChosenMethod =
  | { readonly way: 'preallocate'; readonly source: FoundSource }
  | { readonly way: 'patch'; readonly source: LocatedSource }
  | { readonly way: 'blocked'; readonly reason: BlockedCheck }

/** The way of a host: a nova that knows `driver_io` is configured, an older one is patched. */
export async function chosenMethod(host: Probe, { service, method, configPy }: NativeIoParts): Promise<ChosenMethod> {
  const source = await guestDiskClassOf(host, service, configPy)
  if (method === 'preallocate') return { way: 'preallocate', source }
  if (source.state === 'not-located') return { way: 'blocked', reason: blocked({ ...source.reason, absolute: true }) }
  if (source.state === 'unknown') return { way: 'blocked', reason: unknownClass(source) }
  return method === 'patch' || source.driverIoLine === null ? { way: 'patch', source } : { way: 'preallocate', source }
}

/** Stops a host whose nova needs no patch, cannot keep one, or is not as known. */
export const novaCanGiveNativeIo = (parts: NativeIoParts): Gate =>
  gate({
    id: 'nova-can-give-native-io',
    async check(host) {
      const chosen = await chosenMethod(host, parts)
      if (chosen.way === 'blocked') return chosen.reason
      if (chosen.way === 'preallocate')
        return satisfied('this nova gives native input and output to preallocated disks')
      const { path, driverIoLine } = chosen.source
      if (path.startsWith('/snap/')) return inSnap(path)
      if (driverIoLine !== null) return patchUnneeded(path, driverIoLine)
      return satisfied(`${path} knows no driver_io: it is patched`)
    },
  })

const patchUnneeded = (path: string, line: number): BlockedCheck =>
  blocked({
    code: 'E_PATCH_UNNEEDED',
    because: `this nova already supports driver_io (found at line ${line} of ${path}); patching would bypass its cache-mode fallback`,
    remedy: 'Use method=preallocate, or --override E_PATCH_UNNEEDED.',
  })

const inSnap = (path: string): BlockedCheck =>
  blocked({
    code: 'E_CONTAINERISED',
    because: `${path} is a part of a read-only snap`,
    remedy: 'Use method=preallocate.',
    absolute: true,
  })

const unknownClass = ({ path }: LocatedSource): BlockedCheck =>
  blocked({
    code: 'E_PATCH_ANCHOR',
    because: `${path} has no class LibvirtConfigGuestDisk as it is known, or holds half of the patch`,
    remedy: 'Reinstall the package that it belongs to, or use method=preallocate.',
    absolute: true,
  })
