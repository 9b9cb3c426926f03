import { blocked } from '../../../model/check.ts'
import { type ChangeStep, step } from '../../../model/step.ts'
import { loggedSince, logLength } from '../../facts/openstack/service-log.ts'
import type { OsloService } from '../../facts/openstack/services.ts'
import { type RestartFound, restartUnit, stable } from '../restart-unit.ts'

/** The unit and the length of its log before the restart. */
export type CleanStart = RestartFound & { readonly logged: number }

export interface StartedCleanlyParts {
  readonly id: string
  readonly service: OsloService
  /** What a service logs that does not get along with its options; an extended regular expression. */
  readonly complaint: string
}

/** A service that owes a restart is started anew, stays up, and does not complain of its options. */
export const startedCleanly = ({ id, service, complaint }: StartedCleanlyParts): ChangeStep<CleanStart> => {
  const inner = restartUnit({ id, unit: service })
  return step<CleanStart>({
    ...inner,
    async check(host) {
      const [answer, logged] = await Promise.all([inner.check(host), host.ask(logLength(service))])
      return answer.state === 'needed' ? { ...answer, found: { ...answer.found, logged } } : answer
    },
    async verify(host, { unit, logged }) {
      const up = await stable(host, unit)
      if (up.state !== 'satisfied') return up
      const lines = await host.ask(loggedSince({ service, unit, after: logged, pattern: complaint }))
      if (lines.length === 0) return up
      return blocked({
        code: 'E_SERVICE_COMPLAINS',
        because: `${service.role} on ${host.name} runs and complains: ${lines.join('; ')}`,
        remedy: `Read on: journalctl -u ${unit} -n 50, and /var/log/${service.project}.`,
      })
    },
  })
}
