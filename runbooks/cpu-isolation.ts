import {
  argumentsCanBeBooted,
  argumentsConfigured,
  bootMenu,
  bootWish,
  COMMAND_LINE_GUARDS,
  type CpuWish,
  canBeDrained,
  configurationIsSound,
  containerKernel,
  cpusCanBeIsolated,
  cpusetsWork,
  cpusIsolated,
  type DrainWish,
  type Duration,
  defineRunbook,
  drained,
  guardTexts,
  hostConfined,
  hostConfinedAtBoot,
  IRQBALANCE,
  irqbalanceSparesCpus,
  isolatingArguments,
  noOtherArguments,
  novaCompute,
  novaCpuOptions,
  novaPinsTheseCpus,
  optionsAreUnmanaged,
  optionsSet,
  osFamilyIs,
  REBOOT_GUARDS,
  rebootInto,
  restartGates,
  restartUnit,
  type Step,
} from 'runbook'
import { z } from 'zod'
import { bootParameters } from './parameters/boot.ts'
import { drainParameters, NAMELESS, namesItsCloud } from './parameters/drain.ts'

const NAME = 'cpu-isolation'

const cpuList = z.string().regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, 'a list of CPUs, such as 2-15,18-31')

const shape = z.object({
  cpus: cpuList.describe('CPUs that are kept for guests, with all threads of their cores, such as 2-15,18-31'),
  method: z
    .enum(['isolcpus', 'cpusets'])
    .default('isolcpus')
    .describe('Kernel arguments and a reboot, or cgroups of systemd without one'),
  tickless: z.boolean().default(true).describe('No tick and no callbacks of the kernel there (nohz_full, rcu_nocbs)'),
  managedIrq: z.boolean().default(true).describe('Keep interrupts away that the kernel places by itself'),
  irqbalance: z.boolean().default(true).describe('Keep irqbalance from moving interrupts there'),
  nova: z
    .enum(['check', 'set', 'ignore'])
    .default('check')
    .describe('Refuse where cpu_dedicated_set names other CPUs, set it, or do not look at it'),
  sharedCpus: cpuList.optional().describe('With nova=set: CPUs for guests without pinning (cpu_shared_set)'),
  ...bootParameters,
  ...drainParameters,
})
const params = shape.refine(namesItsCloud, NAMELESS)

type Params = z.infer<typeof params>

export default defineRunbook<Params>({
  name: NAME,
  summary: 'Keep CPUs free of the host for guests that are pinned to them',
  about: {
    purpose:
      'Pinned guests share their CPUs with nobody: no process, no timer tick, no interrupt of the host. cpu_dedicated_set of nova must name the same CPUs.',
    changes: [
      'the kernel command line and one restart, or cgroups of systemd',
      'what irqbalance may use',
      'on request the CPU sets of nova',
    ],
    guests: 'The host must be empty where it restarts, unless drain says otherwise.',
    undo: 'rollback RUN --reboot: files and menu as first found, after a second restart.',
  },
  hosts: 'hypervisors',
  params,
  rollout: { batches: [1], maxFailed: 0 },
  risks: ['reboots the host, unless method=cpusets', 'everything else shares the CPUs that are left'],
  steps: ({ method, irqbalance, nova: wishOfNova, sharedCpus, ...wish }) => {
    const nova = { service: novaCompute }
    const options = { ...nova, options: novaCpuOptions(wish, sharedCpus) }
    const sets = wishOfNova === 'set'
    const spared = [
      ...(irqbalance ? [irqbalanceSparesCpus(wish, NAME)] : []),
      ...(sets ? [optionsSet({ ...options, id: 'nova-pins-guests-there' })] : []),
      ...(irqbalance ? [restartUnit({ id: 'irqbalance-started-after-edit', unit: IRQBALANCE })] : []),
      ...(sets ? [restartUnit({ id: 'nova-compute-started-after-edit', unit: novaCompute })] : []),
    ]
    return [
      containerKernel('cpus-isolated'),
      cpusCanBeIsolated({ ...wish, managedIrq: wish.managedIrq && method === 'isolcpus' }),
      ...(wishOfNova === 'ignore' ? [] : [novaPinsTheseCpus(wish, nova, { sets })]),
      ...(sets ? [configurationIsSound(nova), optionsAreUnmanaged(options)] : []),

      ...(method === 'isolcpus' ? byArguments(wish, spared) : [...byCpusets(wish), ...spared]),
    ]
  },
  guards: guardTexts([
    'E_CONTAINER_KERNEL',
    'E_CPU_UNKNOWN',
    'E_CPU_ZERO',
    'E_SMT_SPLIT',
    'E_CPU_NODE',
    'E_KERNEL_TOO_OLD',
    'E_NOVA_PIN_SET',
    'E_NO_CPUSETS',
    ...COMMAND_LINE_GUARDS,
    ...REBOOT_GUARDS,
    'E_NOT_ISOLATED',
    'E_SERVICE_MISSING',
    'E_CONFIG_NOT_FOUND',
    'E_CONFIG_INVALID',
    'E_UNIT_NOT_STABLE',
  ]),
})

type Boot = CpuWish & DrainWish & Pick<Params, 'grubVar' | 'bootloader' | 'rebootTimeout'>

function byArguments({ rebootTimeout, ...wish }: Boot, ready: readonly Step[]): readonly Step[] {
  const wanted = isolatingArguments(wish, bootWish(NAME, wish))
  const before = restartGates(wish)
  // The pattern of the parameter admits only durations.
  const restart = rebootInto(wanted, { before, backWithin: rebootTimeout as Duration })
  const around = { restart, booted: [cpusIsolated(wish, wanted)], ready }
  return [
    osFamilyIs(['debian', 'rhel']),
    ...argumentsCanBeBooted(wanted),
    ...canBeDrained(wish, around),

    noOtherArguments(wanted),
    argumentsConfigured(wanted),
    ...bootMenu(wanted),
    ...drained(wish, around),
  ]
}

const byCpusets = (wish: CpuWish): readonly Step[] => [
  cpusetsWork,
  ...hostConfinedAtBoot(wish, NAME),
  hostConfined(wish),
]
