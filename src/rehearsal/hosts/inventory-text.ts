import { HOST_USER } from './host-model.ts'

export interface InventoryFacts {
  readonly hosts: readonly { readonly name: string; readonly port: number }[]
  readonly identity: string
  readonly knownHosts: string
  /** Variables of the group `hypervisors`. */
  readonly vars: Readonly<Record<string, unknown>>
  /** Gates that these hosts cannot satisfy: code to why that is so. */
  readonly overrides: Readonly<Record<string, string>>
}

/** The inventory of a set of test hosts. JSON in the places where it is YAML too. */
export function inventoryText({ hosts, identity, knownHosts, vars, overrides }: InventoryFacts): string {
  const names = hosts.map((host) => host.name)
  const group = { hosts: names, ...filled('vars', vars), ...filled('overrides', overrides) }
  return [
    '# Made with these test hosts; it goes with them.',
    'hosts:',
    ...hosts.map((host) => `  ${host.name}: { address: 127.0.0.1, port: ${host.port} }`),
    'groups:',
    `  hypervisors: ${flow(group)}`,
    `connection: ${flow({ user: HOST_USER, identity, knownHosts, become: 'sudo', sshConfig: 'none' })}`,
    '',
  ].join('\n')
}

/** JSON is YAML; a blank after colons and commas makes it readable. */
const flow = (value: unknown): string => JSON.stringify(value)

const filled = (key: string, map: Readonly<Record<string, unknown>>) =>
  Object.keys(map).length > 0 ? { [key]: map } : {}
