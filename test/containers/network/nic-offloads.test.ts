import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContainerSet, upHosts } from '../../../src/rehearsal/container-hosts.ts'
import type { ContainerHost } from '../../../src/rehearsal/hosts/container-host.ts'
import { beyondRecord, differences, takeSnapshot } from '../../../src/rehearsal/verdict/snapshot.ts'
import { fixture } from '../../library/fixture.ts'
import { cleanUp, laptop, oneLine } from '../command-line.ts'

const STANZA = '/etc/network/interfaces.d/storage'
const STORAGE_LINK = '/etc/systemd/network/20-storage.link'
const PROFILE = 'd75cc076-e859-4119-a03f-40349101d89c'

let set: ContainerSet
let host: ContainerHost

beforeAll(async () => {
  const cards = [
    { name: 'v0' },
    { name: 'link0', path: 'pci-0000:03:00.0' },
    { name: 'link1', path: 'pci-0000:04:00.0', linkFile: STORAGE_LINK },
    { name: 'ifup0' },
    { name: 'nm0' },
  ]
  const networkManager = [{ name: 'storage', uuid: PROFILE, card: 'nm0' }]
  set = await upHosts({
    count: 1,
    model: () => ({ cards, networkManager }),
    say: () => {},
    mayInstall: async () => true,
  })
  const [only] = set.hosts
  if (!only) throw new TypeError('one host was asked for')
  host = only
})

afterAll(async () => {
  await set?.down()
  await cleanUp()
})

/** The tests go on from one to the next on cards of their own. */
describe('nic-offloads on veth pairs of the kernel', () => {
  it('meets an ethtool that answers as it was recorded', async () => {
    const recorded: readonly (readonly [command: string, name: string])[] = [
      ['-K v0 tx off', 'K.tx-off.veth'],
      ['-K v0 tso on', 'K.requested-only.veth'],
      ['-K v0 tx on tso off lro off gro off gso off', ''],
      ['-K v0 tso off lro off gro off gso off', 'K.silent.veth'],
      ['-K v0 lro on', 'K.fixed.veth'],
      ['-K v0 foo off', 'K.unknown-feature.veth'],
      ['-K nosuch tso off', 'K.no-such-device'],
      ['-k nosuch', 'k.no-such-device'],
      ['-P v0', 'P.not-set'],
    ]
    const told: [string, unknown][] = []
    for (const [words] of recorded) told.push([words, await host.inside(`ethtool ${words}`)])

    const compared = recorded.flatMap(([words, name], at) => (name === '' ? [] : [[words, name, told[at]] as const]))
    expect(compared.map(([, , answer]) => answer)).toEqual(
      compared.map(([words, name]) => [words, fixture(`ethtool-6.1-${name}.debian-12`)]),
    )
  })

  it('switches them on the way to the host and beside it, keeps that, and puts back a mixed group as it was', async () => {
    await host.inside(
      'ethtool -K v0 tso on gso on tx-tcp-ecn-segmentation off; ethtool -K v0 tx-checksum-ip-generic off',
    )
    const [features, files] = [await featuresOf('v0', 'eth0'), await takeSnapshot(host)]
    const { type } = await laptop()

    const forth = await type(...run('v0', 'eth0'))
    const switched = await featuresOf('v0', 'eth0')
    const [commands, again] = [await switches(), await type(...run('v0', 'eth0'), '--json')]
    const unit = await textOf('/etc/systemd/system/runbook-offloads-v0.service')
    const byUnit = await host.inside(`ethtool -K v0 gso on; ${/^ExecStart=(.*)$/m.exec(unit)?.[1]}`)
    const afterUnit = await featuresOf('v0', 'eth0')
    const guard = await host.inside(
      `head -n 1 /var/lib/runbook/runs/${forth.run}/switches/*; systemctl list-timers --all 'runbook-*' | tail -n 1`,
    )
    const back = await type('rollback', forth.run, '--yes')

    expect(features).toContain('tx-tcp-segmentation: off [requested on]')
    expect([forth.exitCode, back.exitCode, again.report?.hosts[0]?.result]).toEqual([0, 0, 'satisfied'])
    expect(oneLine(forth.stdout)).toContain('W_MGMT: eth0 carries the connection to the host')
    expect(groupsOn(switched)).toEqual([])
    expect(switched).toContain('large-receive-offload: off [fixed]')
    expect([byUnit.exitCode, afterUnit]).toEqual([0, switched])
    expect(guard.stdout).toMatch(/^disarmed\n0 timers listed\.\n$/)
    expect(await featuresOf('v0', 'eth0')).toBe(features)
    expect(beyondRecord(differences(files, await takeSnapshot(host)))).toEqual([])
    // The runs, the unit by hand, and the way back: the second run switched nothing.
    expect((await switches()).slice(commands.length)).toEqual([
      expect.stringMatching(/^-K v0 gso on$/),
      expect.stringMatching(/^-K v0 gro off gso off tso off$/),
      expect.stringMatching(/^-K eth0 /),
      expect.stringMatching(/^-K v0 /),
    ])
  })

  it.each([
    [
      'a fixed feature, strictly',
      ['interfaces=["v0"]', 'features={"lro":"on"}', 'strictFixed=true'],
      'E_FEATURE_FIXED: lro of v0 (driver veth) is [fixed] off; cannot be changed',
    ],
    [
      'a feature of no kernel',
      ['interfaces=["v0"]', 'features={"foo":"off"}'],
      'E_FEATURE_UNKNOWN: v0 on HOST knows no foo',
    ],
    [
      'an interface that it has not',
      ['interfaces=["v9"]'],
      'E_IF_MISSING: HOST has no interface v9; it has eth0, ifup0, link0, link1, lo, nm0, v0',
    ],
    ['the loopback', ['interfaces=["lo"]'], 'E_IF_VIRTUAL: lo belongs to the kernel'],
  ])('refuses %s', async (_what, settings, sentence) => {
    const [before, { type }] = [await switches(), await laptop()]

    const ended = await type('run', ...on(), ...settings.flatMap((setting) => ['-e', setting]), '--yes')

    expect(ended.exitCode).toBe(3)
    expect(oneLine(ended.stdout)).toContain(sentence.replace('HOST', host.name))
    expect(await switches()).toEqual(before)
  })

  it('plans the same with an ethtool of a time before --json', async () => {
    const { type } = await laptop()
    const plan = ['plan', ...on(), '-e', 'interfaces=["v0","eth0"]']
    const now = await type(...plan)
    await host.change({ ethtool: 'text' })

    const old = await type(...plan)
    await host.change({ ethtool: 'json' })

    expect([old.exitCode, old.stdout]).toEqual([now.exitCode, now.stdout])
    expect(oneLine(old.stdout)).toContain('switch eth0 gso off tso off')
  })

  it('keeps what is in force already where each is brought up, and it is there after the next boot', async () => {
    await host.inside(ADMINISTRATED)
    await host.inside('for n in link0 link1 ifup0 nm0; do ethtool -K $n gso off; done')
    const [files, commands, { type }] = [await takeSnapshot(host), await switches(), await laptop()]

    const forth = await type(...run('link0', 'link1', 'ifup0', 'nm0'), '-e', 'features={"gso":"off"}')
    const changed = beyondRecord(differences(files, await takeSnapshot(host))).map(({ path }) => path)
    const unasked = (await switches()).slice(commands.length)
    const byUdev = await host.inside(
      'for n in link0 link1; do ethtool -K $n gso on; udevadm test-builtin net_setup_link /sys/class/net/$n; done',
    )
    const afterUdev = await featuresOf('link0', 'link1')
    await host.powerCycle()
    // Right after power on systemd does not answer yet, and NetworkManager counts as started before its cards are up.
    await host.inside(
      'until systemctl is-system-running --wait | grep -q running; do sleep 0.2; done; nm-online -sqt 30',
    )
    const afterBoot = await featuresOf('ifup0', 'nm0')
    const back = await type('rollback', forth.run, '--yes')

    expect([forth.exitCode, back.exitCode, unasked]).toEqual([0, 0, []])
    expect(oneLine(forth.stdout)).toContain('I_DRIFT: in force now, but the next boot would forget it')
    expect(changed).toEqual([
      '/etc/NetworkManager/system-connections/storage.nmconnection',
      STANZA,
      '/etc/systemd/network/10-runbook-link0.link',
      `${STORAGE_LINK}.d`,
      `${STORAGE_LINK}.d/runbook.conf`,
    ])
    expect(byUdev.stderr).toContain('link0: Config file /etc/systemd/network/10-runbook-link0.link is applied')
    expect(groupsOn(afterUdev).filter((name) => name.startsWith('generic-'))).toEqual([])
    expect(groupsOn(afterBoot).filter((name) => name.startsWith('generic-'))).toEqual([])
    // NetworkManager writes its file in words of its own.
    const left = beyondRecord(differences(files, await takeSnapshot(host))).map(({ path }) => path)
    expect(left.filter((path) => !path.includes('/NetworkManager/'))).toEqual([])
    expect((await host.inside(`nmcli -t -f ethtool connection show ${PROFILE}`)).stdout).not.toContain('feature')
  })
})

/** Files of the operator for two of the cards. */
const ADMINISTRATED = [
  `printf '# storage\\nauto ifup0\\niface ifup0 inet manual\\n' >${STANZA}`,
  'mkdir -p /etc/systemd/network',
  `printf '[Match]\\nPath=pci-0000:04:00.0\\n\\n[Link]\\nMTUBytes=1500\\n' >${STORAGE_LINK}`,
].join('; ')

const on = (): readonly string[] => ['nic-offloads', '-i', set.inventory, '-l', host.name]

const run = (...interfaces: readonly string[]): readonly string[] => [
  ...['run', ...on()],
  ...['-e', `interfaces=${JSON.stringify(interfaces)}`, '--yes'],
]

const textOf = async (path: string) => (await host.inside(`cat ${path}`)).stdout
const featuresOf = async (...names: readonly string[]) =>
  (await host.inside(`for n in ${names.join(' ')}; do ethtool -k $n; done`)).stdout

/** Of the four that are switched off: every group and member that is on. */
const groupsOn = (features: string): readonly string[] =>
  features.split('\n').flatMap((line) => /^\s*((?:tcp|generic|large|tx-tcp)\S*): on/.exec(line)?.[1] ?? [])

/** Every `ethtool -K` so far. */
const switches = async () => (await host.counted('ethtool')).map(({ arguments: words }) => words.join(' '))
