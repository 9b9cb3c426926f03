import { blocked, satisfied } from '../../../model/check.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { computeService, type InCloud, serviceNotes } from '../drain/compute-service.ts'
import { type InstanceWish, runsOnPages, statesOf } from './instance-wish.ts'

/** Stops a host that nova does not know, and a guest that nova itself is busy with. */
export const novaAgrees = (wish: InstanceWish, place: InCloud): Gate =>
  gate({
    id: 'nova-agrees',
    async check(host) {
      const open = (await statesOf(host, wish.instances, wish.pageSize)).filter((state) => !runsOnPages(state))
      if (open.length === 0) return satisfied('every guest has its pages')
      const cloud = host.cloud(place.cloud)
      const own = open.filter(({ domain: { nova } }) => nova !== null)
      const [service, ...servers] = await Promise.all([
        computeService(host, place),
        ...own.map(({ domain: { uuid } }) => cloud.server(uuid)),
      ])
      const busy = servers.find(({ task }) => task !== null)
      if (!busy) return satisfied(`nova knows the host as ${service.host}`, { notes: serviceNotes(service) })
      return blocked({
        code: 'E_NOVA_TASK',
        because: `nova is busy with ${busy.name} on ${host.name}: ${busy.task}`,
        remedy: `Wait for it: openstack --os-cloud ${place.cloud} server show ${busy.id}`,
      })
    },
  })
