import { type Note, warning } from '../../../../model/note.ts'
import type { Probe } from '../../../../model/probe.ts'
import type { ChangeStep, Gate } from '../../../../model/step.ts'
import { fileSystemUnder } from '../../../facts/openstack/instances.ts'
import { effectiveOption } from '../../../formats/ini/effective-options.ts'
import { bypassesPageCache, readCacheModes, usedCacheModes } from '../../../formats/openstack/cache-modes.ts'
import { instancesPath } from '../../../formats/openstack/nova-options.ts'
import { pendingGuests } from '../guest-disk-notes.ts'
import {
  inEffect,
  type OptionsFound,
  type OptionsSetParts,
  optionIs,
  optionsAreUnmanaged,
  optionsSet,
} from '../options-set.ts'
import type { ServiceConfiguration } from '../service-configuration.ts'
import { chosenMethod, type NativeIoParts } from './method.ts'

/** nova fills the disks of new instances. On LVM nothing is needed: volumes have native input and output anyway. */
export const imagesPreallocated = (parts: NativeIoParts): ChangeStep<OptionsFound> =>
  optionsSet({
    ...preallocation(parts),
    id: 'images-preallocated',
    notes: (host, configuration) => notesOf(host, configuration, parts),
  })

/** Stops a host on which another tool owns the file that would be edited. */
export const preallocationIsUnmanaged = (parts: NativeIoParts): Gate => optionsAreUnmanaged(preallocation(parts))

/** The option by which nova fills the disks of new instances, and then gives them native input and output. */
const preallocation = (parts: NativeIoParts): Omit<OptionsSetParts, 'id'> => ({
  ...parts,
  options: [optionIs({ section: 'DEFAULT', key: 'preallocate_images' }, 'space', 'none')],
  async unneeded(host, { files }) {
    const chosen = await chosenMethod(host, parts)
    if (chosen.way !== 'preallocate') return 'this nova is patched instead'
    const type = inEffect(files, { section: 'libvirt', key: 'images_type' })
    const sparse = inEffect(files, { section: 'libvirt', key: 'sparse_logical_volumes' })
    const lvm = type === 'lvm' && !/^(true|1|on|yes)$/i.test(sparse ?? '')
    return lvm ? 'images_type=lvm gives native input and output without preallocation' : null
  },
})

/** Notes on what stands in the way of native input and output, and on guests that do without it until they are started anew. */
async function notesOf(host: Probe, { files }: ServiceConfiguration, parts: NativeIoParts): Promise<readonly Note[]> {
  const [chosen, pending, kind] = await Promise.all([
    chosenMethod(host, parts),
    guestsWithoutNativeIo(host),
    host.ask(fileSystemUnder(instancesPath(files))),
  ])
  if (chosen.way !== 'preallocate') return []
  const modes = effectiveOption(files, { section: 'libvirt', key: 'disk_cachemodes' })
  const cached = Object.entries(usedCacheModes(readCacheModes(modes?.value ?? ''))).filter(
    ([, mode]) => !bypassesPageCache(mode),
  )
  const where = cached.map((pair) => pair.join('=')).join(',')
  return [
    ...(cached.length > 0
      ? [
          warning(
            'W_IO_THREADS',
            `with ${where} (${modes?.path}:${modes?.line}) nova falls back from native to threads`,
          ),
        ]
      : []),
    ...(kind?.startsWith('nfs')
      ? [
          warning(
            'W_NOT_FILLED',
            `the instances lie on ${kind}: before NFS 4.2 nova cannot fill disks there, and native input and output waits while they grow`,
          ),
        ]
      : []),
    ...(inEffect(files, { section: 'libvirt', key: 'images_type' }) === 'rbd'
      ? [warning('W_NO_EFFECT', 'images_type=rbd: disks in Ceph are not preallocated')]
      : []),
    ...(chosen.source.state === 'modern-patched'
      ? [
          warning(
            'W_PATCHED',
            `${chosen.source.path} still carries a patch that bypasses nova's cache-mode fallback; reinstall its package`,
          ),
        ]
      : []),
    ...pending,
  ]
}

/** Running guests whose disks have no native input and output: they keep what they were started with. */
export const guestsWithoutNativeIo = (host: Probe): Promise<readonly Note[]> =>
  pendingGuests(host, ({ io }) => (io === 'native' ? null : `has io=${io ?? 'threads'}`))
