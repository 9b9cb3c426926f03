import {
  containerKernel,
  cpuPowerAtBoot,
  cpuPowerInForce,
  defineRunbook,
  governorAsProfileSays,
  governorOffered,
  guardTexts,
  profileLeavesOthersAlone,
  tunedProfileChosen,
} from 'runbook'
import { z } from 'zod'

const NAME = 'tuned-profile'

const params = z.object({
  method: z
    .enum(['tuned', 'governor'])
    .default('tuned')
    .describe('Have tuned apply a profile, or set the governor and idle states without it'),
  profile: z
    .string()
    .regex(/^[\w.-]+( [\w.-]+)*$/, 'the name of a profile, or several parted by a blank')
    .default('virtual-host')
    .describe('With method=tuned: virtual-host, throughput-performance, cpu-partitioning or one of your own'),
  governor: z
    .string()
    .regex(/^[a-z_]+$/, 'a governor, such as performance')
    .default('performance')
    .describe('With method=governor: who decides about the clock of the processors'),
  maxExitLatency: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('With method=governor: microseconds that a CPU may need to wake up; deeper idle states are not used'),
})

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: NAME,
  summary: 'Have the processors run for guests: a profile of tuned, or the governor alone',
  about: {
    purpose:
      'Processors that save power answer guests late. A profile of tuned sets clock, idle states and much else at once; method=governor sets the clock alone.',
    changes: ['the profile of tuned, or governor and idle states', 'what brings them back at boot'],
    guests: 'Nothing but lower latency.',
    undo: "rollback RUN: the profile, or each CPU's governor, as it was.",
  },
  hosts: 'hypervisors',
  params,
  risks: ['more power and heat', 'a profile sets much at once: tuned-adm profile_info NAME'],
  steps: ({ method, profile, ...power }) => {
    const profiles = profile.split(' ')
    if (method === 'governor') {
      return [
        containerKernel('cpu-power-in-force'),
        governorOffered(power),
        cpuPowerAtBoot(power, NAME),
        cpuPowerInForce(power),
      ]
    }
    return [
      containerKernel('tuned-profile-chosen'),
      profileLeavesOthersAlone(profiles),
      tunedProfileChosen({ id: 'tuned-profile-chosen', profiles }),
      governorAsProfileSays(profiles),
    ]
  },
  guards: guardTexts([
    'E_CONTAINER_KERNEL',
    'E_TUNED_MISSING',
    'E_TUNED_PROFILE',
    'E_TUNED_CONFLICT',
    'E_GOVERNOR',
    'E_FILE_NOT_OURS',
  ]),
})
