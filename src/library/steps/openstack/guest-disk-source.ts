import type { BlockedCheck } from '../../../model/check.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Interpreter, NOVA_PLACES, novaSource } from '../../facts/openstack/nova-source.ts'
import type { OsloService } from '../../facts/openstack/services.ts'
import { type GuestDiskSource, readGuestDiskClass } from '../../formats/openstack/guest-disk-class.ts'

/** nova's config.py on a host and what its class of guest disks can do; or why it cannot be told. */
export type FoundSource = LocatedSource | UnlocatedSource

export interface LocatedSource extends GuestDiskSource {
  readonly path: string
  /** Interpreter of the service; null where it does not run. */
  readonly python: Interpreter | null
  readonly text: string
  readonly fingerprint: string
}

export interface UnlocatedSource {
  readonly state: 'not-located'
  readonly path: null
  readonly reason: Pick<BlockedCheck, 'code' | 'because' | 'remedy'>
}

/** Finds nova's config.py: the one that is named, the one that the service imports, or the only one there is. */
export async function guestDiskClassOf(host: Probe, service: OsloService, named?: string): Promise<FoundSource> {
  const { running, found, container } = await host.ask(novaSource(service))
  const [only] = found
  const path = named ?? running?.path ?? (found.length === 1 && !container ? only : undefined)
  const file = path === undefined ? null : await host.read(path)
  if (file?.state !== 'present')
    return { state: 'not-located', path: null, reason: unlocated(host.name, { named, found, container }) }
  const { text, fingerprint } = file
  return { ...readGuestDiskClass(text), path: file.path, python: running?.python ?? null, text, fingerprint }
}

interface Trace {
  readonly named: string | undefined
  readonly found: readonly string[]
  readonly container: boolean
}

function unlocated(host: string, { named, found, container }: Trace): UnlocatedSource['reason'] {
  if (container) {
    return {
      code: 'E_CONTAINERISED',
      because: `a change inside container nova_compute on ${host} is lost at re-creation`,
      remedy: 'Use method=preallocate.',
    }
  }
  if (named === undefined && found.length > 1) {
    return {
      code: 'E_NOVA_AMBIGUOUS',
      because: `${host} has several: ${found.join(', ')}; nova-compute does not run, so that nothing tells which one it imports`,
      remedy: 'Start nova-compute, or name the file with configPy.',
    }
  }
  return {
    code: 'E_NOVA_MISSING',
    because: `no nova/virt/libvirt/config.py found on ${host}; looked in ${named ?? NOVA_PLACES.join(', ')}`,
    remedy: 'Install nova-compute, or name the file with configPy.',
  }
}
