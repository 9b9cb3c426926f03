import { interfacesFiles } from '../../../src/library/facts/network/interfaces-files.ts'
import { unitState } from '../../../src/library/facts/units.ts'
import type { FakeProgram } from '../../../src/testing.ts'
import { when } from '../fake-questions.ts'

/** Who brings up the interfaces of a fake host. */
export interface BootWaysOptions {
  /** By interface: what its profile of NetworkManager says of features. Default: NetworkManager does not run. */
  readonly profiles?: Readonly<Record<string, Record<string, string>>>
  /** Files of ifupdown; without them it is not installed. */
  readonly ifupdown?: readonly string[]
  /** Does the network service of RHEL 7 run? */
  readonly initscripts?: boolean
}

/** Answers as NetworkManager 1.42 and ifupdown 0.8 gave them. The profile of eth0 has the UUID `uuid-eth0`. */
export function bootWayPrograms({ profiles = {}, ifupdown = [], initscripts }: BootWaysOptions): FakeProgram[] {
  return [
    when(interfacesFiles, ifupdown.map((path) => `${path}\n`).join('')),
    when(unitState('network.service'), `LoadState=loaded\nActiveState=${initscripts ? 'active' : 'inactive'}\n`),
    [
      /^command -v nmcli .*; for n in (.*); do printf 'interface /,
      (_host, [, names = '']) =>
        [...names.matchAll(/'([^']+)'/g)].map(([, name = '']) => profileText(name, profiles[name])).join(''),
    ],
    [
      /nmcli connection modify 'uuid-([^']+)' (.*?)(; fi)?$/,
      (_host, [, name = '', words = '']) => {
        for (const [, key = '', value = ''] of words.matchAll(/'([^']+)' '([^']*)'/g)) {
          const settings = profiles[name] ?? {}
          if (value === '') delete settings[key]
          else settings[key] = value
        }
        return ''
      },
    ],
  ]
}

function profileText(name: string, settings: Record<string, string> | undefined): string {
  if (settings === undefined) return `interface ${name}\nGENERAL.CONNECTION:\nGENERAL.CON-UUID:\n`
  return [
    `interface ${name}`,
    `GENERAL.CONNECTION:of ${name}`,
    `GENERAL.CON-UUID:uuid-${name}`,
    `FILENAME:/etc/NetworkManager/system-connections/${name}.nmconnection`,
    ...Object.entries(settings).map(([key, value]) => `${key}:${value}`),
    'KNOWN:yes',
    '',
  ].join('\n')
}
