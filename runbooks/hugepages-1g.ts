import {
  argumentsCanBeBooted,
  argumentsConfigured,
  bootMenu,
  bootWish,
  COMMAND_LINE_GUARDS,
  canBeDrained,
  containerKernel,
  cpuOffersGiantPages,
  type Duration,
  defineRunbook,
  deliveredNotes,
  drained,
  givingPagesBack,
  guardTexts,
  type HugepageWish,
  libvirtSeesThePages,
  libvirtSeesThePagesOrSaysSo,
  libvirtService,
  memoryCanBeSpared,
  mountUnit,
  noOtherArguments,
  osFamilyIs,
  PAGE_SIZES,
  pagesOnEveryNode,
  qemuAllowsMounts,
  REBOOT_GUARDS,
  rebootInto,
  restartGates,
  restartUnit,
  totalPages,
  wantedHugepages,
} from 'runbook'
import { z } from 'zod'
import { bootParameters } from './parameters/boot.ts'
import { drainParameters, NAMELESS, namesItsCloud } from './parameters/drain.ts'
import { bytes, path, perNode } from './parameters/values.ts'

const NAME = 'hugepages-1g'

const count = z.union([z.number().int().min(0), perNode])

const mountPoint = path('/dev/hugepages1G')

const shape = z.object({
  count1g: count.default(80).describe('Pages of 1 GiB: one number, spread over the nodes, or a number per NUMA node'),
  count2m: count.default(1024).describe('Pages of 2 MiB: one number, spread over the nodes, or a number per NUMA node'),
  defaultSize: z.enum(['1G', '2M']).default('1G').describe('The size that programs get when they name none'),
  mounts: z
    .strictObject({ '1G': mountPoint.optional(), '2M': mountPoint.optional() })
    .default({ '1G': '/dev/hugepages1G', '2M': '/dev/hugepages2M' })
    .describe('Where the pages of each size are mounted; a size left out is not mounted'),
  hostReserve: bytes('8G')
    .optional()
    .describe('Memory that the host keeps; default the larger of 8G and a tenth of it'),
  ...bootParameters,
  allowPartial: z.boolean().default(false).describe('Accept pools that came out smaller, with a warning'),
  ...drainParameters,
  libvirtRestart: z.boolean().default(true).describe('Restart libvirt where it has not noticed the mounts'),
})
const params = shape.refine(namesItsCloud, NAMELESS)

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: NAME,
  summary: 'Reserve 1 GiB and 2 MiB huge pages at boot, mount them, and hand them to libvirt',
  about: {
    purpose:
      "Guests with 1 GiB pages need far fewer entries of the processor's address caches. Reserved at boot the pages are contiguous for sure; the host restarts once. Afterwards name reserved_huge_pages to nova, which otherwise counts that memory as free for other guests.",
    changes: [
      'the kernel command line, in files of the boot loader',
      'one mount unit for each size of pages',
      'libvirt is restarted where it has not noticed the mounts',
    ],
    guests: 'The host must be empty, unless drain says otherwise: it restarts.',
    undo: 'rollback RUN --reboot: files, menu and pools as first found, after a second restart.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: [1], maxFailed: 0 },
  risks: ['reboots the host', 'guests get what the pools leave', 'the API of libvirt is away for seconds'],
  steps: ({ mounts, hostReserve = null, allowPartial, libvirtRestart, ...wanted }) => {
    const wish: HugepageWish = {
      defaultSize: wanted.defaultSize,
      counts: { '1G': wanted.count1g, '2M': wanted.count2m },
    }
    const hugepages = wantedHugepages(wish, bootWish(NAME, wanted))
    const before = restartGates(wanted)
    // The pattern of the parameter admits only durations.
    const backWithin = wanted.rebootTimeout as Duration
    const mounted = PAGE_SIZES.flatMap((size) => {
      const path = totalPages(wish.counts[size]) > 0 ? mounts[size] : undefined
      return path === undefined ? [] : [{ id: `mounted-${size.toLowerCase()}`, size, path }]
    })
    const around = {
      restart: rebootInto(hugepages, { before, backWithin, delivered: deliveredNotes(wish, { allowPartial }) }),
      booted: [pagesOnEveryNode(wish, { hostReserve, allowPartial })],
      ready: [
        ...mounted.map((mount) => mountUnit({ ...mount, runbook: NAME, readBy: libvirtService })),
        ...(libvirtRestart ? [restartUnit({ id: 'libvirt-started-after-mounts', unit: libvirtService })] : []),
        libvirtRestart ? libvirtSeesThePages(wish) : libvirtSeesThePagesOrSaysSo(wish),
      ],
    }
    return [
      osFamilyIs(['debian', 'rhel']),
      containerKernel('reboot-into'),
      cpuOffersGiantPages(wish),
      memoryCanBeSpared(wish, hostReserve),
      ...argumentsCanBeBooted(hugepages),
      qemuAllowsMounts(mounted.map(({ path }) => path)),
      ...canBeDrained(wanted, around),

      noOtherArguments(hugepages),
      givingPagesBack(argumentsConfigured(hugepages)),
      ...bootMenu(hugepages),
      ...drained(wanted, around),
    ]
  },
  guards: guardTexts([
    'E_CONTAINER_KERNEL',
    'E_NO_PDPE1GB',
    'E_HUGE_OVERCOMMIT',
    'E_NODE_UNKNOWN',
    'E_KERNEL_TOO_OLD',
    ...COMMAND_LINE_GUARDS,
    ...REBOOT_GUARDS,
    'E_PARTIAL',
    'E_MEMORY_LOW',
    'E_MOUNT_CONFLICT',
    'E_QEMU_CONF',
    'E_SERVICE_MISSING',
    'E_UNIT_NOT_STABLE',
    'E_LIBVIRT_BLIND',
  ]),
})
