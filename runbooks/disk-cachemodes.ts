import {
  CACHE_MODES,
  CACHED_SOURCES,
  cacheModesAllowMigration,
  cacheModesAllowNativeIo,
  cacheModesOption,
  cacheModesSet,
  configurationIsSound,
  defineRunbook,
  guardTexts,
  noUnsafeCacheMode,
  novaCompute,
  optionsAreUnmanaged,
  restartLeft,
  restartUnit,
  underUnit,
} from 'runbook'
import { z } from 'zod'
import { novaParameters } from './parameters/nova.ts'

/** nova skips a mode that it does not know and accepts any source, both without an error. */
const known = (words: readonly string[], what: string) =>
  z.string().refine((word) => words.includes(word), `E_CACHEMODE_INVALID: one of the ${what} ${words.join(', ')}`)

const params = z.object({
  modes: z
    .record(known(CACHED_SOURCES, 'disk sources'), known(CACHE_MODES, 'cache modes'))
    .default({ file: 'writeback', block: 'none' })
    .describe(`Cache mode (${CACHE_MODES.join(', ')}) for each disk source (${CACHED_SOURCES.join(', ')})`),
  ...novaParameters,
  allowUnsafe: z.boolean().default(false).describe('Accept unsafe, which ignores the flushes of guests'),
  replace: z.boolean().default(true).describe('Take modes for other disk sources away; false leaves them'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: 'disk-cachemodes',
  summary: 'Set how QEMU caches the disks of new guests',
  about: {
    purpose:
      'Trades safety of unflushed data for speed, per kind of disk. Modes other than none and directsync take native asynchronous I/O away, and live migration on shared file systems.',
    changes: ["disk_cachemodes in [libvirt] of nova's configuration", 'nova-compute is restarted'],
    guests: 'Running ones keep their mode until their next hard reboot.',
    undo: 'rollback RUN: the file as it was, nova-compute restarted.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: [1], maxFailed: 1 },
  risks: ['new guests only', 'nova-compute is away for seconds', 'writeback loses unflushed data with the power'],
  steps: ({ modes, replace, restart, allowUnsafe, novaConf, novaUnit }) => {
    const wish = { modes, replace }
    const nova = { service: underUnit(novaCompute, novaUnit), file: novaConf }
    return [
      noUnsafeCacheMode(wish, { allowed: allowUnsafe }),
      configurationIsSound(nova),
      optionsAreUnmanaged({ ...nova, options: [cacheModesOption(wish)] }),
      cacheModesAllowNativeIo(wish, nova),
      cacheModesAllowMigration(wish, nova),

      cacheModesSet(wish, nova),
      restart ? restartUnit({ id: 'nova-compute-started-after-edit', unit: nova.service }) : restartLeft(nova.service),
    ]
  },
  guards: guardTexts([
    'E_CACHEMODE_INVALID',
    'E_CACHEMODE_UNSAFE',
    'E_SERVICE_MISSING',
    'E_CONFIG_NOT_FOUND',
    'E_CONFIG_INVALID',
    'E_CONFIG_MANAGED',
    'E_AIO_CONFLICT',
    'E_SHARED_STORAGE',
    'E_UNIT_NOT_STABLE',
  ]),
})
