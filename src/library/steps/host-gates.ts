import { blocked, satisfied } from '../../model/check.ts'
import { type Gate, gate } from '../../model/step.ts'
import { guests } from '../facts/libvirt.ts'
import { containerKind, kernel, osRelease } from '../facts/system.ts'
import type { OsFamily } from '../formats/os-release.ts'

/** Stops a container: it has no kernel of its own, so `what` would meet its machine's. */
export const containerKernel = (what: string): Gate =>
  gate({
    id: 'own-kernel',
    async check(host) {
      const kind = await host.ask(containerKind)
      if (kind === null) return satisfied('the host has a kernel of its own')
      return blocked({
        code: 'E_CONTAINER_KERNEL',
        because: `${host.name} is a container (${kind}) and shares the kernel of its host: step ${what} cannot run here`,
        remedy: 'Rehearse it on a test host or a VM.',
      })
    },
  })

/** Stops a host of another distribution family, or of another architecture than x86-64. */
export const osFamilyIs = (families: readonly OsFamily[]): Gate =>
  gate({
    id: 'known-distribution',
    async check(host) {
      const [{ id, versionId, family }, { architecture }] = await Promise.all([host.ask(osRelease), host.ask(kernel)])
      if (family === null || !families.includes(family)) {
        return blocked({
          code: 'E_DISTRO_UNSUPPORTED',
          because: `${host.name} runs ${id} ${versionId}; this runbook knows the families ${families.join(', ')}`,
          remedy: 'Take the host out of the group, or narrow the run with --limit.',
          absolute: true,
        })
      }
      if (architecture !== 'x86_64') {
        return blocked({
          code: 'E_ARCH',
          because: `${host.name} is ${architecture}; this procedure is for x86_64`,
          remedy: 'See what the host offers: ls /sys/kernel/mm/hugepages',
          absolute: true,
        })
      }
      return satisfied(`${id} ${versionId} on ${architecture}`)
    },
  })

/** Stops a host on which guests run, or which does not say whether any do. Meant to be carried by a reboot. */
export const noGuestsRunning: Gate = gate({
  id: 'no-guests-running',
  async check(host) {
    const answer = await host.ask(guests)
    if (answer.state === 'unknown') {
      return blocked({
        code: 'E_GUESTS_UNKNOWN',
        because: `libvirt on ${host.name} does not say which guests run: ${answer.because}`,
        remedy: 'Start libvirt, or make sure by hand that no guest runs.',
      })
    }
    if (answer.running.length > 0) {
      return blocked({
        code: 'E_GUESTS_RUNNING',
        because: `${some(answer.running)} on ${host.name}: ${answer.running.join(', ')}`,
        remedy: 'Move them away: openstack server migrate --live, or nova host-evacuate-live; or wish drain=migrate.',
      })
    }
    return satisfied('no guest runs')
  },
})

const some = ({ length }: readonly string[]): string => (length === 1 ? '1 guest runs' : `${length} guests run`)
