import { blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { cpuListText, sameCpus } from '../../formats/kernel/cpu-list.ts'
import { inEffect, type OptionsSetParts } from '../openstack/options-set.ts'
import { type ConfigurationParts, configurationOf } from '../openstack/service-configuration.ts'
import { type CpuWish, wishedCpus } from './cpu-wish.ts'

const DEDICATED = { section: 'compute', key: 'cpu_dedicated_set' }
const SHARED = { section: 'compute', key: 'cpu_shared_set' }
/** Before nova 20; a nova that finds it beside cpu_dedicated_set does not start. */
const PIN_SET = { section: 'DEFAULT', key: 'vcpu_pin_set' }

/**
 * Stops a host whose nova pins guests to other CPUs than are isolated: they would share their CPUs with the host, and the
 * isolated ones would stand idle. `sets` says that a later step sets the option, so that only an old one is in the way.
 */
export const novaPinsTheseCpus = (
  wish: CpuWish,
  nova: ConfigurationParts,
  { sets }: { readonly sets: boolean },
): Gate =>
  gate({
    id: 'nova-pins-these-cpus',
    async check(host) {
      const { unit, files } = await configurationOf(host, nova)
      if (unit === null) return satisfied('there is no nova-compute')
      const [dedicated, old] = [inEffect(files, DEDICATED), inEffect(files, PIN_SET)]
      const list = cpuListText(wishedCpus(wish))
      const inTheWay = sets ? old !== null : [dedicated, old].some((now) => now !== null && !sameCpus(now, list))
      if (!inTheWay) return satisfied('nova pins guests to no other CPUs')
      const now = old === null ? `cpu_dedicated_set = ${dedicated}` : `vcpu_pin_set = ${old}`
      return blocked({
        code: 'E_NOVA_PIN_SET',
        because: `nova on ${host.name} has ${now}, but ${list} are to be isolated`,
        remedy: 'Let both say the same, or take vcpu_pin_set out of the configuration and wish nova=set.',
      })
    },
  })

/** nova's options for pinned guests, and for all others where their CPUs are named. */
export const novaCpuOptions = (wish: CpuWish, shared: string | undefined): OptionsSetParts['options'] => {
  const list = cpuListText(wishedCpus(wish))
  const wishOf = (option: typeof DEDICATED, value: string) => ({
    ...option,
    holds: (now: string | null) => now !== null && sameCpus(now, value),
    value: () => value,
  })
  return [wishOf(DEDICATED, list), ...(shared === undefined ? [] : [wishOf(SHARED, shared)])]
}
