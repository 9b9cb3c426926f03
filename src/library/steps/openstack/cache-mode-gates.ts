import { blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { fileSystemUnder } from '../../facts/openstack/instances.ts'
import { bypassesPageCache, type CacheModesWish } from '../../formats/openstack/cache-modes.ts'
import { instancesPath } from '../../formats/openstack/nova-options.ts'
import { guestDiskClassOf } from './guest-disk-source.ts'
import { type ConfigurationParts, configurationOf } from './service-configuration.ts'

/** File systems on which libvirt refuses to migrate a guest alive unless its disks bypass the page cache. */
const SHARED = /^(nfs|ceph|fuse\.ceph|fuse\.glusterfs|glusterfs|cifs)/

/** Stops a wish for `unsafe`, which ignores the flushes of guests. */
export const noUnsafeCacheMode = ({ modes }: CacheModesWish, { allowed }: { readonly allowed: boolean }): Gate =>
  gate({
    id: 'no-unsafe-cache-mode',
    async check() {
      const sources = Object.keys(modes).filter((source) => modes[source] === 'unsafe')
      if (allowed || sources.length === 0) return satisfied('flushes of guests reach the disk')
      return blocked({
        code: 'E_CACHEMODE_UNSAFE',
        because: `${sources.join(', ')}=unsafe ignores the flushes of guests: a crash of the host destroys their file systems`,
        remedy: 'Wish writeback, or for disks that may be lost allowUnsafe=true.',
      })
    },
  })

/** Stops modes that go through the page cache where nova forces native input and output on every disk. */
export const cacheModesAllowNativeIo = ({ modes }: CacheModesWish, parts: ConfigurationParts): Gate =>
  gate({
    id: 'cache-modes-allow-native-io',
    async check(host) {
      const cached = Object.entries(modes).filter(([, mode]) => !bypassesPageCache(mode))
      if (cached.length === 0) return satisfied('every mode bypasses the page cache')
      const { path, state } = await guestDiskClassOf(host, parts.service)
      if (state !== 'seed-patched' && state !== 'modern-patched')
        return satisfied('nova forces no native input and output')
      return blocked({
        code: 'E_AIO_CONFLICT',
        because: `${path} on ${host.name} is patched to io='native' for every disk, which libvirt refuses with ${cached.map((pair) => pair.join('=')).join(',')}: no such guest would start`,
        remedy: 'Wish none or directsync, or go back to the packaged file first.',
      })
    },
  })

/** Stops modes with which guests could not be migrated alive from where their disks lie. */
export const cacheModesAllowMigration = ({ modes }: CacheModesWish, parts: ConfigurationParts): Gate =>
  gate({
    id: 'cache-modes-allow-migration',
    async check(host) {
      const mode = modes.file
      if (mode === undefined || mode === 'default' || bypassesPageCache(mode)) {
        return satisfied('disks in files do not go through the page cache')
      }
      const path = instancesPath((await configurationOf(host, parts)).files)
      const kind = await host.ask(fileSystemUnder(path))
      if (kind === null || !SHARED.test(kind)) return satisfied(`${path} is not shared (${kind ?? 'not there yet'})`)
      return blocked({
        code: 'E_SHARED_STORAGE',
        because: `${path} on ${host.name} is ${kind}: with file=${mode} live migration will be refused by libvirt`,
        remedy: 'Wish file=none.',
      })
    },
  })
