import { lineDevice, nics } from '../../../src/library/facts/network/nics.ts'
import { systemdVersion } from '../../../src/library/facts/system.ts'
import type { Switch } from '../../../src/library/formats/network/features.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, fakeHost } from '../../../src/testing.ts'
import { when } from '../fake-questions.ts'
import { type BootWaysOptions, bootWayPrograms } from './fake-boot-ways.ts'

/** One feature of a fake card. */
export interface FakeFeature {
  requested: boolean
  readonly fixed?: boolean
  /** A feature without which it is off whatever is asked. */
  readonly needs?: string
}

export interface FakeNic {
  /** Lines of what the host tells of it, such as `driver ixgbe`. */
  readonly lines: readonly string[]
  readonly features: Readonly<Record<string, FakeFeature>>
}

export interface NicsOptions extends BootWaysOptions {
  readonly nics?: Readonly<Record<string, FakeNic>>
  /** The interface over which the host is managed; null: it cannot be found out. Default `mgmt0`, beside them. */
  readonly line?: string | null
  readonly systemd?: number
  readonly files?: Readonly<Record<string, string>>
  /** Called at each `ethtool -K`. */
  readonly onSwitch?: (host: FakeHost) => void
  readonly ethtool?: string | null
}

/** A host with network cards in memory. They switch as ethtool 6.1 was seen to on a veth pair. */
export interface FakeCards {
  readonly host: FakeHost
  readonly nics: Readonly<Record<string, FakeNic>>
  readonly enabled: Set<string>
}

const on = (needs?: string): FakeFeature => ({ requested: true, ...(needs ? { needs } : {}) })

/** A card of 10 Gbit/s: everything can be switched but LRO, which is fixed off as on most virtual and many real ones. */
export const card = (extra: Readonly<Record<string, FakeFeature>> = {}): FakeNic => ({
  lines: [
    'address 52:54:00:12:34:56',
    'driver ixgbe',
    'bus 0000:03:00.0',
    'permanent 52:54:00:12:34:56',
    'link /usr/lib/systemd/network/99-default.link',
  ],
  features: {
    'rx-checksumming': on(),
    'tx-checksum-ip-generic': on(),
    'tx-scatter-gather': on(),
    'tx-tcp-segmentation': on('tx-checksum-ip-generic'),
    'tx-tcp-ecn-segmentation': on('tx-checksum-ip-generic'),
    'tx-tcp6-segmentation': on('tx-checksum-ip-generic'),
    'generic-segmentation-offload': on('tx-scatter-gather'),
    'generic-receive-offload': { requested: true },
    'large-receive-offload': { requested: false, fixed: true },
    ...extra,
  },
})

export function fakeCards(options: NicsOptions = {}): FakeCards {
  const cards = options.nics ?? { eth0: card() }
  const enabled = new Set<string>()
  const host = fakeHost({
    files: options.files ?? {},
    commands: [
      when(systemdVersion, `systemd ${options.systemd ?? 252} (${options.systemd ?? 252}.39-1~deb12u2)\n+PAM\n`),
      when(nics, nicsText(cards, options)),
      when(lineDevice, lineText(options.line)),
      [/^for n in (.*); do printf 'interface /, (_host, [, names = '']) => featuresText(cards, names)],
      [
        /^r=0; .*ethtool -K .*exit "\$r"$/,
        (it, [text]) => {
          options.onSwitch?.(it)
          return switchAll(cards, text)
        },
      ],
      ...bootWayPrograms(options),
      ...unitPrograms(enabled),
      [/^mkdir -p -- |^rmdir --ignore-fail-on-non-empty /, ''],
    ],
  })
  return { host, nics: cards, enabled }
}

/** What the cards do now: the active features that somebody could switch, as `eth0 tx-tcp-segmentation`. */
export const activeOf = ({ nics: cards, enabled }: FakeCards): readonly string[] => [
  ...Object.entries(cards).flatMap(([name, { features }]) =>
    Object.keys(features)
      .filter((feature) => isActive(features, feature))
      .map((feature) => `${name} ${feature}`),
  ),
  ...enabled,
]

const isActive = (features: FakeNic['features'], name: string): boolean => {
  const one = features[name]
  return one?.requested === true && (one.needs === undefined || isActive(features, one.needs))
}

const nicsText = (
  cards: Readonly<Record<string, FakeNic>>,
  { ethtool = '/usr/sbin/ethtool', line }: NicsOptions,
): string =>
  [
    ...(ethtool === null ? [] : [`ethtool ${ethtool}`]),
    ...Object.entries(cards).flatMap(([name, { lines }]) => [`interface ${name}`, ...lines]),
    ...(line === undefined ? ['interface mgmt0', 'driver e1000e'] : []),
    '',
  ].join('\n')

const lineText = (device: string | null = 'mgmt0'): Partial<Answer> =>
  device === null ? { exitCode: 1 } : { stdout: `192.0.2.1 dev ${device} src 192.0.2.9 uid 0 \\    cache\n` }

function featuresText(cards: Readonly<Record<string, FakeNic>>, names: string): string {
  return [...names.matchAll(/'([^']+)'/g)]
    .map(([, name = '']) => {
      const { features = {} } = cards[name] ?? {}
      const rows = Object.entries(features).map(([feature, { requested, fixed = false }]) => [
        feature,
        { active: isActive(features, feature), fixed, requested },
      ])
      return `interface ${name}\n${cards[name] ? JSON.stringify([{ ifname: name, ...Object.fromEntries(rows) }]) : ''}\n`
    })
    .join('')
}

/** Switches what each `ethtool -K` names; exit 1 where one of them changed nothing of what it was asked. */
function switchAll(cards: Readonly<Record<string, FakeNic>>, text: string): Partial<Answer> {
  const commands = [...text.matchAll(/ethtool -K '([^']+)' ((?:'[^']+' ?)+)(\|\| \[)?/g)]
  const failed = commands.filter(([, name = '', words = '', forgiven]) => {
    const given = [...words.matchAll(/'([^']+)' '(on|off)'/g)]
    const changed = given.map(([, feature = '', value]) =>
      switchOne(cards[name]?.features ?? {}, feature, value as Switch),
    )
    return !changed.includes(true) && forgiven === undefined
  })
  return { exitCode: failed.length > 0 ? 1 : 0 }
}

const GROUPS: Readonly<Record<string, RegExp>> = {
  tso: /^tx-tcp.*-segmentation$/,
  tx: /^tx-checksum-/,
  sg: /^tx-scatter-gather/,
  gso: /^generic-segmentation-offload$/,
  gro: /^generic-receive-offload$/,
  lro: /^large-receive-offload$/,
}

function switchOne(features: FakeNic['features'], wanted: string, value: Switch): boolean {
  const members = Object.entries(features).filter(
    ([name, { fixed }]) => !fixed && (GROUPS[wanted]?.test(name) ?? name === wanted),
  )
  const before = members.map(([name]) => isActive(features, name))
  for (const [, feature] of members) feature.requested = value === 'on'
  return (
    members.some(([name], at) => isActive(features, name) !== before[at]) ||
    before.every((was) => was === (value === 'on'))
  )
}

function unitPrograms(enabled: Set<string>): FakeProgram[] {
  return [
    [
      /^systemctl show --property='LoadState,[^']*' -- '([^']+)'$/,
      (_host, [, unit = '']) =>
        `LoadState=loaded\nActiveState=inactive\nUnitFileState=${enabled.has(unit) ? 'enabled' : 'disabled'}\n`,
    ],
    [
      /^systemctl daemon-reload && systemctl enable (.*)$/,
      (_host, [, units = '']) => {
        for (const [, unit = ''] of units.matchAll(/'([^']+)'/g)) enabled.add(unit)
        return ''
      },
    ],
    [
      /systemctl disable '([^']+)'(?:; fi)?$/,
      (_host, [, unit = '']) => {
        enabled.delete(unit)
        return ''
      },
    ],
    ['systemctl daemon-reload', ''],
  ]
}
