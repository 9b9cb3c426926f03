import { type BlockedCheck, blocked, satisfied } from '../../../model/check.ts'
import type { Probe } from '../../../model/probe.ts'
import { type Gate, gate } from '../../../model/step.ts'
import { existingConfigs, type OsloService } from '../../facts/openstack/services.ts'
import { type ConfigText, configFaults } from '../../formats/ini/effective-options.ts'
import { managingTool } from '../../formats/ini/managing-tool.ts'
import { configSources } from '../../formats/openstack/config-sources.ts'
import { serviceMissing } from '../restart-unit.ts'

/** A file of a service's configuration as found. */
export interface ConfigFile extends ConfigText {
  readonly fingerprint: string
}

/** What a service reads on a host. */
export interface ServiceConfiguration {
  readonly unit: string | null
  /** In the order in which the service reads them. */
  readonly files: readonly ConfigFile[]
  /** Where an option goes that no file sets; empty where there is no file. */
  readonly main: string
  readonly lookedIn: readonly string[]
}

export interface ConfigurationParts {
  readonly service: OsloService
  /** A file that the service reads and that cannot be found out, such as that of a container. */
  readonly file?: string | undefined
}

/** The files that a service reads, with their texts. */
export async function configurationOf(
  host: Probe,
  { service, file }: ConfigurationParts,
): Promise<ServiceConfiguration> {
  const { unit, words } = await host.ask(service.process)
  const sources = configSources(service, words.length > 0 ? words : (service.usualWords ?? []))
  const found = await host.ask(existingConfigs(sources))
  const paths = file === undefined || found.includes(file) ? found : [file]
  const files = (await Promise.all(paths.map((path) => host.read(path)))).filter(({ state }) => state === 'present')
  const own = files.findLast(({ path }) => path.endsWith(`/${service.project}.conf`))
  const main = file ?? own?.path ?? files.find(({ path }) => !path.startsWith('/usr/'))?.path ?? ''
  return { unit, files, main, lookedIn: file === undefined ? sources.map(({ path }) => path) : [file] }
}

/** Stops a host whose service is missing, or whose configuration is missing or such that the service would refuse it. */
export const configurationIsSound = (parts: ConfigurationParts): Gate =>
  gate({
    id: `${parts.service.program}-configuration`,
    async check(host) {
      const configuration = await configurationOf(host, parts)
      if (configuration.unit === null) return serviceMissing(host, parts.service)
      const fault = configurationFault(host.name, parts.service.role, configuration)
      if (fault) return blocked({ ...fault, absolute: true })
      return satisfied(`${parts.service.role} reads ${configuration.files.map(({ path }) => path).join(', ')}`)
    },
  })

/** Why a configuration cannot be edited; null when it can. */
export function configurationFault(
  host: string,
  role: string,
  { files, main, lookedIn }: ServiceConfiguration,
): Pick<BlockedCheck, 'code' | 'because' | 'remedy'> | null {
  if (files.length === 0 || main === '') {
    return {
      code: 'E_CONFIG_NOT_FOUND',
      because: `no configuration of ${role} on ${host}; looked for ${lookedIn.join(', ')}`,
      remedy: 'Name the file that the service reads in the parameters.',
    }
  }
  const faults = [
    ...files.filter(({ text }) => text.includes('\ufffd')).map(({ path }) => `${path} is not UTF-8 text`),
    ...configFaults(files).map(({ path, line, because }) => `${path} line ${line} ${because}`),
  ]
  if (faults.length === 0) return null
  return {
    code: 'E_CONFIG_INVALID',
    because: `${role} on ${host} would not start: ${faults.join('; ')}`,
    remedy: 'Mend the lines; the service reads them only when it starts.',
  }
}

/** Says no where another tool owns one of the files; null where none does. */
export function managedElsewhere(files: readonly ConfigText[]): BlockedCheck | null {
  const owned = files.map(({ path, text }) => ({ path, tool: ownerByPath(path) ?? managingTool(text) }))
  const first = owned.find(({ tool }) => tool !== null)
  if (!first) return null
  return blocked({
    code: 'E_CONFIG_MANAGED',
    because: `${first.path} is managed by ${first.tool}; changes will be reverted by it`,
    remedy: 'Make the change there, or use --override E_CONFIG_MANAGED.',
  })
}

const ownerByPath = (path: string): string | null => {
  if (/^\/(etc|var\/lib)\/kolla\//.test(path)) return 'kolla'
  return path.startsWith('/var/lib/config-data/') ? 'TripleO' : null
}
