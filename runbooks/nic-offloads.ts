import {
  defineRunbook,
  guardTexts,
  interfacesAreCards,
  lineIsLeftAlone,
  offloadFilesAreUnmanaged,
  offloadsForgottenAtBoot,
  offloadsKeptOnce,
  offloadsPersistent,
  offloadsSet,
  offloadsSetOnTheLine,
} from 'runbook'
import { z } from 'zod'

const NAME = 'nic-offloads'

const interfaceName = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9_.:@-]{1,15}$/, 'the name of an interface, such as eth0, of at most 15 letters')

const params = z.object({
  interfaces: z
    .union([
      z.array(interfaceName).min(1),
      z
        .strictObject({
          driver: z.string().optional().describe('As ethtool -i says it, such as ixgbe'),
          pci: z.string().optional().describe('Bus address, such as 0000:03:00.0'),
          mac: z.string().optional().describe('Hardware address'),
          glob: z.string().optional().describe('Of the name, such as enp*'),
        })
        .refine((match) => Object.keys(match).length > 0, 'one of driver, pci, mac, glob'),
    ])
    .describe('Names of interfaces, or what picks them; all that is given must match'),
  features: z
    .record(z.string().regex(/^[a-z][\w-]*$/, 'a feature as ethtool names it, such as tso'), z.enum(['on', 'off']))
    .default({ tso: 'off', gso: 'off', gro: 'off', lro: 'off' })
    .describe('Features and what they shall be: short names of ethtool, or names of the kernel'),
  persist: z
    .enum(['auto', 'networkmanager', 'ifupdown', 'ifcfg', 'link', 'systemd-unit', 'none'])
    .default('auto')
    .describe(
      'What switches them after a boot: whoever brings the interface up, else a .link file of udev, else a unit that runs ethtool',
    ),
  includeBondSlaves: z.boolean().default(true).describe('Switch the slaves of a bond too, before it'),
  includeOvsPorts: z.boolean().default(false).describe('Switch internal ports of Open vSwitch too'),
  strictFixed: z
    .boolean()
    .default(false)
    .describe('Stop where a driver fixes a feature otherwise; else that is a warning'),
  allowMgmt: z
    .boolean()
    .default(true)
    .describe('Switch interfaces over which the host is managed; it puts them back by itself when that cuts it off'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: NAME,
  summary: 'Switch what network cards do for the kernel (TSO, GSO, GRO, LRO), now and at every boot',
  about: {
    purpose:
      'LRO off is right wherever a host bridges or routes. TSO, GSO and GRO off help where a driver or an overlay handles them badly; on fast cards they cost throughput: measure before and after.',
    changes: [
      'features of the interfaces',
      "a .link file of udev, or what the host's network service reads, that sets them at every boot",
    ],
    guests:
      'Some drivers reset the link for seconds. Where that cuts off the host, it puts the old features back by itself.',
    undo: 'rollback RUN: each feature as it was, the files removed or as they were.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: [1], maxFailed: 1 },
  risks: ['some drivers reset the link for seconds', 'without offloads a fast card may need more of the processor'],
  steps: ({ persist, allowMgmt, ...wish }) => {
    return [
      interfacesAreCards(wish),
      ...(allowMgmt ? [] : [lineIsLeftAlone(wish)]),
      ...(persist === 'none' ? [] : [offloadFilesAreUnmanaged(wish, { runbook: NAME, persist })]),

      offloadsSet(wish),
      offloadsSetOnTheLine(wish),
      persist === 'none' ? offloadsForgottenAtBoot : offloadsPersistent(wish, { runbook: NAME, persist }),
      offloadsKeptOnce(wish, { runbook: NAME, persist }),
    ]
  },
  guards: guardTexts([
    'E_ETHTOOL_MISSING',
    'E_IF_MISSING',
    'E_IF_VIRTUAL',
    'E_SRIOV',
    'E_FEATURE_UNKNOWN',
    'E_FEATURE_FIXED',
    'E_OFFLOAD_PARTIAL',
    'E_MGMT',
    'E_PERSIST_UNKNOWN',
    'E_FILE_NOT_OURS',
    'E_CONFIG_MANAGED',
  ]),
})
