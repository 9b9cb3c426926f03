import { type Note, warning } from '../../../model/note.ts'
import type { ChangeStep } from '../../../model/step.ts'
import {
  bypassesPageCache,
  type CacheModesWish,
  meansCacheModes,
  writeCacheModes,
} from '../../formats/openstack/cache-modes.ts'
import { pendingGuests } from './guest-disk-notes.ts'
import { inEffect, type OptionsFound, type OptionWish, optionsSet } from './options-set.ts'
import type { ConfigurationParts } from './service-configuration.ts'

/** The option of nova that says how disks are cached. */
export const cacheModesOption = (wish: CacheModesWish): OptionWish => ({
  section: 'libvirt',
  key: 'disk_cachemodes',
  holds: (now) => meansCacheModes(now, wish),
  value: (now) => writeCacheModes(now, wish),
})

/** nova gives new guests these cache modes; running ones keep theirs until they are rebooted hard. */
export const cacheModesSet = (wish: CacheModesWish, parts: ConfigurationParts): ChangeStep<OptionsFound> =>
  optionsSet({
    ...parts,
    id: 'disk-cachemodes-set',
    options: [cacheModesOption(wish)],
    async notes(host, { files }) {
      const pending = await pendingGuests(host, ({ source, cache }) => {
        const mode = wish.modes[source]
        return mode === undefined || mode === (cache ?? 'default') ? null : `has cache=${cache ?? 'default'}`
      })
      const filled = inEffect(files, { section: 'DEFAULT', key: 'preallocate_images' }) === 'space'
      return [...cacheNotes(wish, { filled }), ...pending]
    },
  })

/**
 * What the wished modes cost. nova falls back beside every mode that is set and not none or directsync, `default` too
 * (nova 26.2.2, driver.py). `filled`: nova preallocates images, which have native input and output otherwise.
 */
function cacheNotes({ modes }: CacheModesWish, { filled }: { readonly filled: boolean }): readonly Note[] {
  const { file, block } = modes
  const cached = (mode: string | undefined) => mode !== undefined && !bypassesPageCache(mode)
  const threads = 'nova falls back from native input and output to threads, without a word to the user'
  return [
    ...(file === 'writeback'
      ? [warning('W_DATA_LOSS', 'file=writeback loses what a guest did not flush when the host loses power')]
      : []),
    ...(filled && cached(file) ? [warning('W_IO_THREADS', `with file=${file} on preallocated images ${threads}`)] : []),
    ...(cached(block) ? [warning('W_IO_THREADS', `with block=${block} ${threads}`)] : []),
  ]
}
