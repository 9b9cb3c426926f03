import { z } from 'zod'
import { cloudName, duration } from './values.ts'

/** What happens to the guests of a host that restarts: the same parameters in every runbook that does so. */
export const drainParameters = {
  drain: z
    .enum(['require-empty', 'migrate', 'stop-guests', 'ignore'])
    .default('require-empty')
    .describe(
      'Where guests run: refuse to reboot, move them to other hosts, shut them down and start them again, or reboot with them',
    ),
  cloud: cloudName
    .optional()
    .describe(
      'The OpenStack cloud of the host, as clouds.yaml calls it, or envvars for OS_* variables: its compute service is disabled meanwhile',
    ),
  computeHost: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*$/, 'the name of a host')
    .optional()
    .describe("nova's name of the host; default the one that the host has itself"),
  coldMigration: z
    .boolean()
    .default(false)
    .describe('With drain=migrate: move guests powered off that cannot be moved alive, instead of stopping there'),
  drainTimeout: duration('1h')
    .default('1h')
    .describe('With drain=migrate: how long it may take until the host is empty'),
}

/** Moving guests needs to know whom to ask. */
export const namesItsCloud = ({ drain, cloud }: { drain: string; cloud?: string | undefined }): boolean =>
  drain !== 'migrate' || cloud !== undefined

export const NAMELESS = { path: ['cloud'], message: 'drain=migrate needs the name of the cloud that the host is in' }
