import { blocked, satisfied } from '../../../model/check.ts'
import { info, type Note } from '../../../model/note.ts'
import type { Probe } from '../../../model/probe.ts'
import { type ChangeStep, type Gate, gate } from '../../../model/step.ts'
import { CPU_FOLDER, type CpuPower, cpuPower } from '../../facts/kernel/cpu-power.ts'
import { systemdVersion } from '../../facts/system.ts'
import { tuned } from '../../facts/tuned/tuned.ts'
import { tmpfilesBody, tmpfilesPath } from '../kernel/tmpfiles.ts'
import { type OwnedFileFound, ownedFile } from '../owned-file.ts'
import { type PerCpuFound, perCpuHold, perCpuValues } from './per-cpu-values.ts'

/** How the processors shall behave without tuned. */
export interface CpuPowerWish {
  readonly governor: string
  /** Microseconds that a CPU may need to work again: deeper idle states are not used. Left out: all are. */
  readonly maxExitLatency?: number | undefined
}

const GOVERNOR = 'cpufreq/scaling_governor'
const TOPIC = 'cpu-power'

/** Stops a host whose processors do not offer the governor, or whose tuned would choose another one. */
export const governorOffered = ({ governor }: CpuPowerWish): Gate =>
  gate({
    id: 'governor-offered',
    async check(host) {
      const [power, { installed, chosen, settings }] = await Promise.all([host.ask(cpuPower), host.ask(tuned)])
      if (power.governors.size === 0)
        return satisfied('the host decides nothing about its clock', { notes: noCpufreq(power) })
      if (!power.offered.includes(governor)) {
        return blocked({
          code: 'E_GOVERNOR',
          because: `the processors of ${host.name} offer no governor ${governor}, but ${power.offered.join(', ')}`,
          remedy: 'Wish one of these; intel_pstate in active mode knows only performance and powersave.',
          absolute: true,
        })
      }
      const other = installed ? settings.get('cpu.governor') : undefined
      if (other === undefined || other.split('|').includes(governor)) {
        const driver = power.intelPstate === null ? '' : `; intel_pstate is ${power.intelPstate}`
        return satisfied(`${governor} is offered${driver}`)
      }
      return blocked({
        code: 'E_TUNED_CONFLICT',
        because: `tuned's profile ${chosen.join(' ')} on ${host.name} sets governor=${other}: it will be so again at every start of tuned`,
        remedy: 'Wish method=tuned, or switch tuned off: tuned-adm off.',
      })
    },
  })

/** Governor and idle states are set at every boot, on all CPUs that have them. */
export const cpuPowerAtBoot = (wish: CpuPowerWish, runbook: string): ChangeStep<OwnedFileFound> =>
  ownedFile({
    id: 'cpu-power-at-boot',
    path: tmpfilesPath(TOPIC),
    runbook,
    unneeded: async (host) => ((await powerValues(host, wish)).length === 0 ? 'there is nothing to set' : null),
    async body(host) {
      const [values, systemd] = await Promise.all([powerValues(host, wish), host.ask(systemdVersion)])
      const anyCpu = values.map(({ file, value }) => ({ path: `${CPU_FOLDER}/cpu[0-9]*/${file}`, value }))
      return tmpfilesBody(anyCpu, systemd)
    },
    inForce: async (host) => perCpuHold(host, await powerValues(host, wish)),
  })

/** Governor and idle states are so on every CPU now. A host that has neither is told so. */
export const cpuPowerInForce = (wish: CpuPowerWish): ChangeStep<PerCpuFound> =>
  perCpuValues({
    id: 'cpu-power-in-force',
    values: (host) => powerValues(host, wish),
    notes: async (host) => noCpufreq(await host.ask(cpuPower)),
  })

/** What each CPU shall say: its governor where it has one, and which of its idle states are not used. */
async function powerValues(host: Probe, { governor, maxExitLatency }: CpuPowerWish) {
  const { governors, idleStates } = await host.ask(cpuPower)
  const deep = idleStates.filter(({ latency }) => maxExitLatency !== undefined && latency > maxExitLatency)
  return [
    ...(governors.size === 0 ? [] : [{ file: GOVERNOR, value: governor }]),
    ...deep.map(({ number }) => ({ file: `cpuidle/state${number}/disable`, value: '1' })),
  ]
}

/** A guest has no say in its clock: that is no fault, and yet nothing was done. */
export const noCpufreq = ({ governors }: CpuPower): readonly Note[] =>
  governors.size > 0 ? [] : [info('I_NO_CPUFREQ', 'the host has no cpufreq, as most guests: governors were skipped')]
