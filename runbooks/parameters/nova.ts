import { z } from 'zod'
import { path } from './values.ts'

/** Where nova-compute is on a host: the same parameters in every runbook that configures it. */
export const novaParameters = {
  novaConf: path('/etc/nova/nova.conf')
    .optional()
    .describe('The file to edit where the service does not tell, such as that of a container'),
  novaUnit: z
    .string()
    .regex(/^[\w@.:-]+\.service$/, 'the name of a unit, such as nova-compute.service')
    .optional()
    .describe('The unit of nova-compute where it has an unusual name'),
  restart: z.boolean().default(true).describe('Restart nova-compute, which reads its files only when it starts'),
}
