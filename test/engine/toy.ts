import { blocked, needed, satisfied } from '../../src/model/check.ts'
import { sh } from '../../src/model/command.ts'
import { fact } from '../../src/model/fact.ts'
import { defineRunbook, type Runbook } from '../../src/model/runbook.ts'
import { during, gate, reboot, type Step, step } from '../../src/model/step.ts'
import { type FakeHost, type FakeHostOptions, fakeHost, textFile, textOf } from '../../src/testing.ts'

/** A host whose running system is what `/etc/wish` said, once `generate` copied it to `/boot/cfg` and it was booted. */
export function toyHost(options: FakeHostOptions = {}): FakeHost {
  const host = fakeHost({
    ...options,
    files: { '/etc/wish': 'old\n', '/boot/cfg': 'old\n', '/run/live': 'old\n', ...options.files },
    commands: [
      ...(options.commands ?? []),
      ['generate', (it) => put(it, '/boot/cfg', textOf(it, '/etc/wish') ?? '')],
      ['live', (it) => textOf(it, '/run/live') ?? ''],
      ['guests', (it) => textOf(it, '/run/guests') ?? ''],
      [/^restart (\S+)$/, (it, [, unit = '']) => restart(it, unit)],
      [/^service (on|off)$/, (it, [, to = '']) => put(it, '/run/service', to)],
    ],
    onBoot: (it) => {
      it.files.set('/run/live', textFile(textOf(it, '/boot/cfg') ?? ''))
      options.onBoot?.(it)
    },
  })
  host.units.set('daemon', 'first')
  return host
}

function put(host: FakeHost, path: string, text: string): string {
  host.files.set(path, textFile(text))
  return ''
}

function restart(host: FakeHost, unit: string): string {
  host.units.set(unit, `again-${host.counters.changes.length}`)
  return ''
}

const WISH = 'new\n'

export const wishWritten = step<{ before: string }>({
  id: 'wish-written',
  async check(host) {
    const file = await host.read('/etc/wish')
    if (file.text === WISH) return satisfied('the wish is written')
    return needed('write the wish', { before: file.fingerprint }, { diff: [file.text, WISH], readBy: 'daemon' })
  },
  apply: (host, { before }) => host.write('/etc/wish', WISH, { replacing: before, readBy: 'daemon' }),
  rollback: (host, { before }) => host.restore('/etc/wish', before),
})

export const configGenerated = step<null>({
  id: 'config-generated',
  async check(host) {
    const file = await host.read('/boot/cfg')
    return file.text === WISH ? satisfied('generated') : needed('generate the configuration', null)
  },
  async apply(host) {
    await host.run`generate`
  },
  settle: {
    current: async (host) => (await host.read('/boot/cfg')).text === (await host.read('/etc/wish')).text,
    apply: 'apply',
  },
  rescue: ['generate'],
})

const live = fact(sh`live`, ({ stdout }) => stdout)

export const noGuests = gate({
  id: 'no-guests',
  async check(host) {
    const guests = (await host.look`guests`).stdout
    if (guests === '') return satisfied('no guests run')
    return blocked({ code: 'E_GUESTS_RUNNING', because: `guests run: ${guests}`, remedy: 'Move them away.' })
  },
})

export const booted = reboot({
  id: 'wish-booted',
  async check(host) {
    return (await host.ask(live)) === WISH ? satisfied('it runs') : needed('reboot', null)
  },
  current: async (host) => (await host.ask(live)) === (await host.read('/boot/cfg')).text,
  entry: async (host) => (await host.read('/boot/cfg')).fingerprint,
  before: [noGuests],
  startsWithin: '180s',
  backWithin: '30m',
  notApplied: { code: 'E_CMDLINE_NOT_APPLIED', because: 'booted without the wish', remedy: 'Look at the boot entry.' },
  recovery: 'Use the console.',
})

export const daemonRestarted = step<null>({
  id: 'daemon-restarted',
  async check(host) {
    const owed = (await host.look`pending`).stdout
    return owed === '' ? satisfied('nothing is owed', { watches: 'daemon' }) : needed('restart daemon', null)
  },
  apply: (host) => host.run(sh`restart daemon`, { pays: 'daemon' }),
  settle: { current: async (host) => (await host.look`pending`).stdout === '', apply: 'apply' },
})

/** Answers what mechanics call the pending list of the unit `daemon`. */
export const PENDING = [
  'pending',
  (host: FakeHost) => {
    const entry = host.pending.get('daemon')
    const unit = host.units.get('daemon')
    return entry !== undefined && unit !== undefined && (entry === 'any' || entry === unit) ? entry : ''
  },
] as const

export const serviceOff = (steps: Parameters<typeof during>[1], afterFailure: 'leave' | 'keep' = 'leave') =>
  during<string>(
    {
      id: 'service-off',
      afterFailure,
      read: async (host) => (await host.read('/run/service')).text,
      enter: (host) => host.run`service off`,
      leave: (host, found) => host.run(found === 'on' ? sh`service on` : sh`service off`),
    },
    steps,
  )

/** A runbook of the given steps; without parameters. */
export const toyRunbook = (steps: readonly Step[], parts: Partial<Runbook<object>> = {}): Runbook<object> =>
  defineRunbook<object>({
    name: 'toy',
    summary: 'a toy',
    hosts: 'all',
    params: { '~standard': { version: 1, vendor: 'toy', validate: () => ({ value: {} }) } },
    steps: () => steps,
    ...parts,
  })

export const WHOLE = [noGuests, wishWritten, configGenerated, booted, daemonRestarted] as const
