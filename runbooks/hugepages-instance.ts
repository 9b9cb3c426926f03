import {
  computeServiceDisabled,
  containerKernel,
  cpuOffersGiantPages,
  type Duration,
  defineRunbook,
  guardTexts,
  instanceDefined,
  instanceShutOff,
  instanceStarted,
  instancesCanBeChanged,
  instancesOf,
  memoryForInstances,
  novaAgrees,
  novaCompute,
  novaStopped,
  pagesAreMounted,
  poolHasPages,
  poolPersistent,
  underUnit,
} from 'runbook'
import { z } from 'zod'
import { drainParameters } from './parameters/drain.ts'
import { novaParameters } from './parameters/nova.ts'
import { bytes, duration, perNode } from './parameters/values.ts'

const NAME = 'hugepages-instance'

const guest = z.string().regex(/^[A-Za-z0-9_][\w.:+-]*$/, 'the name of a guest, or its UUID')

const params = z.object({
  instances: z.array(guest).min(1).max(16).describe('Guests by name or UUID; they are taken one after the other'),
  pageSize: z.enum(['2M', '1G']).default('2M').describe('Size of the pages that back the guests'),
  pages: z
    .union([z.literal('auto'), z.number().int().min(1)])
    .default('auto')
    .describe('Pages of the pool; auto: what is there and what the guests need beside it. It is never made smaller'),
  perNode: perNode
    .optional()
    .describe('Pages of the pool on single NUMA nodes; without it on those that guests are bound to, else on any'),
  reserveExtra: z.number().int().min(0).default(0).describe('Pages that stay free beside those of the guests'),
  persistPool: z.boolean().default(true).describe('Give the pool its size at every boot too'),
  shutdown: z.enum(['destroy', 'graceful']).default('destroy').describe('Power a guest off, or have it shut down'),
  gracefulSeconds: z.number().int().min(1).max(1200).default(120).describe('How long it may take to shut down'),
  hostReserve: bytes('8G').prefault('2G').describe('Memory that must stay available to the host'),
  novaBackWithin: duration('30m')
    .default('30m')
    .describe(
      'For each guest: how long nova-compute may be away before the host puts it and the guests back by itself',
    ),
  cloud: drainParameters.cloud,
  computeHost: drainParameters.computeHost,
  novaUnit: novaParameters.novaUnit,
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: NAME,
  summary: 'Back single guests with static huge pages, without nova noticing that they were off',
  about: {
    purpose:
      'Backs one guest with static pages by its definition in libvirt, without changing its flavor. nova writes that definition anew at every hard reboot, resize and power-on: for good, set hw:mem_page_size in the flavor. nova-compute is stopped meanwhile, so that it does not mark the guest as stopped; the host starts both by itself should the controller die.',
    changes: [
      'the definition of the guests, and what memory backs them',
      'the pool of that page size, on request at every boot too',
    ],
    guests: 'The named guests are powered off and on; others go on.',
    undo: 'rollback RUN: old definition, old pool, guests started again as they were.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: [1], maxFailed: 0 },
  onFailure: 'rollback',
  risks: ['guests are powered off and on', 'nova-compute is away meanwhile', 'nova undoes it at the next hard reboot'],
  steps: ({ shutdown, gracefulSeconds, hostReserve, novaBackWithin, novaUnit, persistPool, perNode, ...rest }) => {
    const { cloud, computeHost, ...named } = rest
    const wish = { ...named, perNode: perNode ?? null }
    // The pattern of the parameter admits only durations.
    const backWithin = novaBackWithin as Duration
    const counts = wish.pageSize === '1G' ? { '1G': 1, '2M': 0 } : { '1G': 0, '2M': 1 }
    const service = underUnit(novaCompute, novaUnit)
    const place = cloud === undefined ? null : { cloud, computeHost }
    const allow = (instances: readonly string[]) => [
      instancesCanBeChanged({ ...wish, instances }, service),
      ...(place ? [novaAgrees({ ...wish, instances }, place)] : []),
    ]
    const changed = novaStopped(
      { service, wish, backWithin },
      instancesOf(wish).flatMap((instance) => [
        instanceShutOff(instance, wish, { before: allow([instance.name]), shutdown, gracefulSeconds }),
        instanceDefined(instance, wish),
        poolHasPages(instance, wish),
        instanceStarted(instance, wish),
      ]),
    )
    return [
      containerKernel('instance-1-pool'),
      cpuOffersGiantPages({ defaultSize: wish.pageSize, counts }),
      ...allow(wish.instances),
      pagesAreMounted(wish),
      memoryForInstances(wish, hostReserve),
      place ? computeServiceDisabled({ ...place, afterFailure: 'leave' }, [changed]) : changed,
      ...(persistPool ? [poolPersistent(wish, NAME)] : []),
    ]
  },
  guards: guardTexts([
    'E_CONTAINER_KERNEL',
    'E_NO_PDPE1GB',
    'E_GUESTS_UNKNOWN',
    'E_DOMAIN_MISSING',
    'E_DOMAIN_TRANSIENT',
    'E_DOMAIN_MANAGEDSAVE',
    'E_DOMAIN_BLOCKJOB',
    'E_MEMBACKING_CONFLICT',
    'E_SEV',
    'E_NUMA_STRICT',
    'E_SELF',
    'E_SERVICE_MISSING',
    'E_NOVA_TASK',
    'E_COMPUTE_UNKNOWN',
    'E_COMPUTE_NOT_SET',
    'E_NO_HUGETLBFS',
    'E_CAPACITY',
    'E_PARTIAL',
    'E_NOT_BACKED',
    'E_FILE_NOT_OURS',
  ]),
})
