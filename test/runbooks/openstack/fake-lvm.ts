import { definedGuests } from '../../../src/library/facts/libvirt.ts'
import { rootGroup, scansVolumes } from '../../../src/library/facts/storage/lvm.ts'
import { osRelease } from '../../../src/library/facts/system.ts'
import type { Answer } from '../../../src/model/fact.ts'
import type { FakeProgram } from '../../../src/testing.ts'
import { when } from '../fake-questions.ts'
import { fakeNova, type NovaOptions } from './fake-nova.ts'

const GIB = 1024 ** 3

export interface FakeGroup {
  readonly free: number
  readonly attributes?: string
  readonly volumes: string[]
}

export interface LvmState {
  installed: boolean
  readonly groups: Map<string, FakeGroup>
  /** Device to its group; empty text: in none. */
  readonly members: Map<string, string>
}

export interface LvmOptions extends NovaOptions {
  readonly groups?: Readonly<Record<string, FakeGroup>>
  readonly installed?: boolean
  /** Device to what `lsblk` and `wipefs` say of it. Default: /dev/sdb is empty and has 50 GiB. */
  readonly devices?: Readonly<Record<string, readonly [lsblk: string, wipefs: string]>>
  readonly guests?: string | Partial<Answer>
  readonly root?: string
  readonly scans?: boolean
  /** What vgs says on stderr beside its answer. */
  readonly mutters?: string
  /** What these say in place of doing anything. */
  readonly refuses?: Readonly<Partial<Record<'pvcreate' | 'vgremove', Partial<Answer>>>>
  /** What nova-compute logs after its restart. */
  readonly logs?: string
}

export const EMPTY_DISK = [
  JSON.stringify({
    blockdevices: [{ name: '/dev/sdb', type: 'disk', fstype: null, mountpoint: null, size: 50 * GIB }],
  }),
  '{ "signatures": [] }',
] as const

/** A hypervisor whose LVM is kept in memory. */
export function fakeLvm(options: LvmOptions = {}) {
  const state: LvmState = {
    installed: options.installed ?? true,
    groups: new Map(Object.entries(options.groups ?? {})),
    members: new Map(),
  }
  const machine = fakeNova({ ...options, commands: [...questions(options, state), ...changes(state, options)] })
  return { ...machine, state }
}

function questions(options: LvmOptions, state: LvmState): FakeProgram[] {
  const devices = options.devices ?? { '/dev/sdb': EMPTY_DISK }
  return [
    when(osRelease, 'debian\t12\t\n'),
    [/^for p in .*dpkg-query/, () => (state.installed ? '' : 'lvm2\n')],
    when(definedGuests, options.guests ?? ''),
    when(rootGroup, options.root === undefined ? { exitCode: 5 } : `  ${options.root}\n`),
    when(scansVolumes, () => (state.installed ? `scan_lvs=${options.scans ? 1 : 0}\n` : '')),
    [/ vgs .* -- '([^']+)'$/, (_host, [, name = '']) => asked(state, name, options.mutters ?? '')],
    [
      / lvs --noheadings -o lv_name -- '([^']+)'/,
      (_host, [, name = '']) => (state.groups.get(name)?.volumes ?? []).map((one) => `  ${one}\n`).join(''),
    ],
    [/^for d in (.*); do LVM_SUPPRESS_FD_WARNINGS=1 pvs /, (_host, [, list = '']) => members(state, list)],
    [
      /^lsblk .* -- '([^']+)' 2/,
      (_host, [, device = '']) => (devices[device] ? `${devices[device][0]}\n---\n${devices[device][1]}\n` : '---\n'),
    ],
    [
      /^\[ -e '\/dev\/([^']+)' \]$/,
      (_host, [, name = '']) => ({ exitCode: name in devices || name === 'taken' ? 0 : 1 }),
    ],
    [/^stat -L -c %s -- '\/var\/log\//, '100\n'],
    [/^l='\/var\/log\//, options.logs ?? ''],
  ]
}

function changes(state: LvmState, { refuses = {} }: LvmOptions): FakeProgram[] {
  const words = (list: string) => [...list.matchAll(/'([^']+)'/g)].map(([, word = '']) => word)
  const done = (_work: unknown): string => ''
  return [
    [/apt-get install .* -- 'lvm2'$/, () => done(Object.assign(state, { installed: true }))],
    [
      /^pvcreate -- (.*)$/,
      (_host, [, list = '']) => refuses.pvcreate ?? done(words(list).map((device) => state.members.set(device, ''))),
    ],
    [
      /^vgcreate -- '([^']+)' (.*)$/,
      (_host, [, name = '', list = '']) => {
        state.groups.set(name, { free: 50 * GIB, volumes: [] })
        return done(words(list).map((device) => state.members.set(device, name)))
      },
    ],
    [
      /^vgremove -- '([^']+)'$/,
      (_host, [, name = '']) => {
        if (refuses.vgremove) return refuses.vgremove
        for (const [device, group] of state.members) if (group === name) state.members.set(device, '')
        return done(state.groups.delete(name))
      },
    ],
    [
      /^for d in (.*); do if pvs .* pvremove /,
      (_host, [, list = '']) => done(words(list).map((device) => state.members.delete(device))),
    ],
  ]
}

function asked({ installed, groups }: LvmState, name: string, mutters: string): Partial<Answer> {
  if (!installed) return { exitCode: 127, stderr: 'sh: vgs: not found\n' }
  const group = groups.get(name)
  const row = group && {
    vg_name: name,
    vg_attr: group.attributes ?? 'wz--n-',
    vg_size: String(100 * GIB),
    vg_free: String(group.free),
    lv_count: String(group.volumes.length),
  }
  const stdout = JSON.stringify({ report: [{ vg: row ? [row] : [] }] })
  const missing = `  Volume group "${name}" not found\n  Cannot process volume group ${name}\n`
  return row ? { stdout, stderr: mutters } : { exitCode: 5, stdout, stderr: mutters + missing }
}

const members = ({ members: all }: LvmState, list: string): string =>
  [...list.matchAll(/'([^']+)'/g)]
    .map(([, device = '']) => {
      const group = all.get(device)
      const pv = group === undefined ? [] : [{ pv_name: device, vg_name: group }]
      return `${JSON.stringify({ report: [{ pv }] })}\n---\n`
    })
    .join('')
