import { blocked, satisfied } from '../../../../model/check.ts'
import { type Gate, gate } from '../../../../model/step.ts'
import { fileSystemUnder, instanceSpace, readsDirectly } from '../../../facts/openstack/instances.ts'
import { kernel } from '../../../facts/system.ts'
import { bytesInWords } from '../../../formats/bytes.ts'
import { effectiveOption } from '../../../formats/ini/effective-options.ts'
import { bypassesPageCache, readCacheModes, usedCacheModes } from '../../../formats/openstack/cache-modes.ts'
import { instancesPath } from '../../../formats/openstack/nova-options.ts'
import { configurationOf } from '../service-configuration.ts'
import { chosenMethod, type NativeIoParts } from './method.ts'

/** Linux opens files of tmpfs with O_DIRECT since this version. */
const TMPFS_DIRECT_SINCE = [6, 6] as const

/** Stops a patch where a configured cache mode goes through the page cache: libvirt would refuse every such guest. */
export const cacheModesSuitNativeIo = (parts: NativeIoParts): Gate =>
  gate({
    id: 'cache-modes-suit-native-io',
    async check(host) {
      const [chosen, { files }] = await Promise.all([chosenMethod(host, parts), configurationOf(host, parts)])
      const placed = effectiveOption(files, { section: 'libvirt', key: 'disk_cachemodes' })
      const modes = Object.entries(usedCacheModes(readCacheModes(placed?.value ?? '')))
      const conflict = modes.find(([source, mode]) => source !== 'network' && !bypassesPageCache(mode))
      if (chosen.way !== 'patch' || !conflict) return satisfied('no cache mode stands against native input and output')
      return blocked({
        code: 'E_CACHE_CONFLICT',
        because: `native AIO needs cache none or directsync; found ${conflict.join('=')} in ${placed?.path}:${placed?.line}`,
        remedy: 'Change the modes first: runbook run disk-cachemodes.',
      })
    },
  })

/** Stops a host whose instances lie where files cannot be opened past the page cache. */
export const instancesOpenDirectly = (parts: NativeIoParts): Gate =>
  gate({
    id: 'instances-open-directly',
    async check(host) {
      const [chosen, { files }] = await Promise.all([chosenMethod(host, parts), configurationOf(host, parts)])
      if (chosen.way === 'blocked') return chosen.reason
      const path = instancesPath(files)
      const [kind, direct, { version }] = await Promise.all([
        host.ask(fileSystemUnder(path)),
        host.ask(readsDirectly(path)),
        host.ask(kernel),
      ])
      const [major, minor] = TMPFS_DIRECT_SINCE
      const old = version[0] < major || (version[0] === major && version[1] < minor)
      const refuses = direct === false || (direct === null && (kind === 'ramfs' || (kind === 'tmpfs' && old)))
      if (!refuses) return satisfied(`${path} is on ${kind ?? 'nothing yet'}`)
      return blocked({
        code: 'E_NO_O_DIRECT',
        because: `${path} on ${host.name} is ${kind}, which refuses O_DIRECT: nova would use writeback${chosen.way === 'patch' ? ", which libvirt refuses beside io='native'" : ' and threads'}`,
        remedy: 'Put the instances on ext4 or XFS.',
      })
    },
  })

/** Stops a host that could not hold its instances if all their disks were filled, as preallocation does. */
export const instancesFitPreallocated = (parts: NativeIoParts): Gate =>
  gate({
    id: 'instances-fit-preallocated',
    async check(host) {
      const [chosen, { files }] = await Promise.all([chosenMethod(host, parts), configurationOf(host, parts)])
      if (chosen.way !== 'preallocate') return satisfied('nothing is preallocated')
      const path = instancesPath(files)
      const space = await host.ask(instanceSpace(path), { limit: '5m' })
      if (space === null) return satisfied(`${path} has no disks that could be asked for`)
      const { virtualBytes, actualBytes, freeBytes } = space
      const room = freeBytes + actualBytes
      const numbers = `${bytesInWords(virtualBytes)} of virtual disks, ${bytesInWords(freeBytes)} free and ${bytesInWords(actualBytes)} allocated`
      if (virtualBytes <= room) return satisfied(`${path}: ${numbers}`)
      return blocked({
        code: 'E_SPACE',
        because: `${path} on ${host.name} cannot hold its instances filled: ${numbers}`,
        remedy: 'Move guests away, or give the file system more room.',
      })
    },
  })
