import { bootSurroundings } from '../../src/library/facts/boot/surroundings.ts'
import {
  grubEnvironment,
  grubFiles,
  grubMenuFault,
  grubMenuIsCurrent,
  grubVariables,
} from '../../src/library/facts/grub.ts'
import { freePages, guests, libvirtService, qemuMounts } from '../../src/library/facts/libvirt.ts'
import { hugepageLog, memory, numaNodes, pagePools } from '../../src/library/facts/memory.ts'
import { mounts } from '../../src/library/facts/mounts.ts'
import { hostNames } from '../../src/library/facts/openstack/host-names.ts'
import { novaCompute } from '../../src/library/facts/openstack/services.ts'
import { commandLine, containerKind, kernel, offersGiantPages, osRelease } from '../../src/library/facts/system.ts'
import { tuned } from '../../src/library/facts/tuned/tuned.ts'
import { nextEntry, readGrubEnvironment, readGrubMenu } from '../../src/library/formats/grub-menu.ts'
import type { Answer, Fact } from '../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, fakeHost, textOf } from '../../src/testing.ts'
import { askShell, describeFiles, menuIsCurrent, runOnFiles, updateGrub } from './fake-grub.ts'
import { FakeMemory, type FakeNode } from './fake-memory.ts'

const GIB = 1024 ** 3
const LIBVIRT = 'libvirtd.service'
const NOVA = 'nova-compute.service'
const DEFAULT_GRUB =
  'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="console=ttyS0"\n'

/** A Debian host's boot loader, as {@link bootSurroundings} is answered. */
export const DEBIAN_BOOT = [
  'tool update-grub',
  'menu 120 /etc/default/grub',
  'menu 7000 /boot/grub/grub.cfg',
  '/dev/vda1 1000000 100000 900000 10% /boot\n',
].join('\n')

export interface HypervisorOptions {
  readonly name?: string
  readonly nodes?: readonly FakeNode[]
  readonly pdpe1gb?: boolean
  readonly guests?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly container?: string
  /** The command line that the firmware boots whatever GRUB says. */
  readonly stubbornCommandLine?: string
  readonly kernel?: string
  readonly os?: string
}

/** A Debian hypervisor in memory: kernel, GRUB, systemd and libvirt, as far as huge pages go. */
export interface FakeHypervisor {
  readonly host: FakeHost
  readonly memory: FakeMemory
  readonly state: HypervisorState
}

export interface HypervisorState {
  commandLine: string
  guests: readonly string[]
  /** Target to mount options, one entry per mount. */
  mounts: [target: string, options: string][]
  readonly enabled: Set<string>
  /** Does libvirt list the pages? It learns of them when it starts. */
  listed: boolean
  /** A libvirt that does not even learn of them then. */
  blind: boolean
}

/** A hypervisor that has been booted once from its generated menu. */
export function fakeHypervisor(options: HypervisorOptions = {}): FakeHypervisor {
  const ram = new FakeMemory(options.nodes ?? [{ bytes: 64 * GIB }, { bytes: 64 * GIB }])
  const state: HypervisorState = {
    commandLine: '',
    guests: options.guests ?? [],
    mounts: [],
    enabled: new Set(),
    listed: false,
    blind: false,
  }
  const boot = (host: FakeHost) => {
    const menu = readGrubMenu(textOf(host, '/boot/grub/grub.cfg') ?? '')
    const line = nextEntry(menu, readGrubEnvironment(''))?.linux ?? ''
    state.commandLine = options.stubbornCommandLine ?? `BOOT_IMAGE=${line}`
    ram.boot(state.commandLine)
    state.mounts = [...state.enabled].map((unit) => mountOf(host, unit))
    state.listed = true
    state.guests = []
  }
  const host = fakeHost({
    name: options.name ?? 'hv-01',
    files: { '/etc/default/grub': DEFAULT_GRUB, ...options.files },
    commands: [...questions(options, ram, state), ...changes(ram, state)],
    onBoot: boot,
  })
  host.units.set(LIBVIRT, 'invocation-0')
  updateGrub(host)
  boot(host)
  state.guests = options.guests ?? []
  return { host, memory: ram, state }
}

function questions(options: HypervisorOptions, ram: FakeMemory, state: HypervisorState): FakeProgram[] {
  const exits = (well: boolean): Partial<Answer> => ({ exitCode: well ? 0 : 1 })
  const when = (fact: Fact<unknown>, answer: (host: FakeHost) => string | Partial<Answer>): FakeProgram => [
    fact.question.text,
    answer,
  ]
  return [
    when(osRelease, () => options.os ?? 'debian\t12\t\n'),
    when(kernel, () => `x86_64\n${options.kernel ?? '6.1.0-42-amd64'}\n`),
    when(containerKind, () => (options.container ? `${options.container}\n` : { exitCode: 1, stdout: 'none\n' })),
    when(offersGiantPages, () => exits(options.pdpe1gb ?? true)),
    when(commandLine, () => `${state.commandLine}\n`),
    when(memory, () => ram.meminfo()),
    when(numaNodes, () => ram.nodeMeminfo()),
    when(pagePools, () => ram.poolFiles()),
    when(hugepageLog, () => ({ exitCode: 1 })),
    when(mounts, () => state.mounts.map(([target, mount]) => `${target} hugetlbfs rw,relatime,${mount}\n`).join('')),
    when(libvirtService.unit, () => unitBlocks()),
    when(hostNames, () => `${options.name ?? 'hv-01'}\n${options.name ?? 'hv-01'}.example\n`),
    when(novaCompute.unit, ({ units }) => `Id=${NOVA}\nLoadState=${units.has(NOVA) ? 'loaded' : 'not-found'}\n`),
    when(guests, () => `${state.guests.join('\n')}\n`),
    when(freePages, () => (state.listed ? listedPages(ram) : '\nNode 0:\n4KiB: 19\n')),
    when(qemuMounts, (host) => (textOf(host, '/etc/libvirt/qemu.conf') ?? '').replace(/^#.*\n/gm, '')),
    when(grubFiles, describeFiles),
    when(grubVariables, (host) => askShell(host, grubVariables.question.text)),
    [/^\( set -a; eval [\s\S]*/, (host, [text]) => askShell(host, text)],
    when(grubEnvironment, () => ''),
    when(grubMenuFault, () => exits(true)),
    when(grubMenuIsCurrent, (host) => exits(menuIsCurrent(host))),
    when(bootSurroundings, () => DEBIAN_BOOT),
    when(tuned, () => ''),
    [
      /^cat -- '\/var\/lib\/runbook\/pending\/([^']+)' 2>\/dev\/null$/,
      (host, [, unit = '']) => host.pending.get(unit) ?? exits(false),
    ],
    [
      /sleep 10 .* -- '([^']+)'$/,
      (host, [, unit = '']) => `${unitText(host, state, unit)}---\n${unitText(host, state, unit)}`,
    ],
    [/^systemctl show .* -- '([^']+)'$/, (host, [, unit = '']) => unitText(host, state, unit)],
  ]
}

function changes(ram: FakeMemory, state: HypervisorState): FakeProgram[] {
  return [
    ['update-grub', (host) => updateGrub(host)],
    [/virsh shutdown --domain/, () => nowRun(state, [])],
    [
      /^r=0; for g in (.*); do virsh .* virsh start/,
      (_host, [, names = '']) =>
        nowRun(
          state,
          [...names.matchAll(/'([^']*)'/g)].map(([, name = '']) => name),
        ),
    ],
    [/^systemctl restart '([^']+)'$/, (host, [, unit = '']) => restart(host, state, unit)],
    [
      /^systemctl daemon-reload && systemctl enable --now '([^']+)'$/,
      (host, [, unit = '']) => enable(host, state, unit),
    ],
    [/systemctl disable '([^']+)'; fi$/, (_host, [, unit = '']) => exitZero(state.enabled.delete(unit))],
    [
      /^systemctl daemon-reload(?: && if mountpoint -q '([^']+)')?/,
      (_host, [, path]) => exitZero(unmount(state, path)),
    ],
    [/^(?:p=|printf '%s\\n' '\d+' >)[\s\S]*/, (_host, [text]) => writePools(ram, text)],
  ]
}

function nowRun(state: HypervisorState, guests: readonly string[]): string {
  state.guests = guests
  return ''
}

const exitZero = (_done: unknown): string => ''

function restart(host: FakeHost, state: HypervisorState, unit: string): string {
  host.units.set(unit, `invocation-${host.counters.changes.length}`)
  state.listed = !state.blind
  return ''
}

function enable(host: FakeHost, state: HypervisorState, unit: string): Partial<Answer> {
  if (textOf(host, `/etc/systemd/system/${unit}`) === null)
    return { exitCode: 1, stderr: `Unit ${unit} does not exist` }
  state.enabled.add(unit)
  const [target, options] = mountOf(host, unit)
  if (!state.mounts.some(([mounted]) => mounted === target)) state.mounts.push([target, options])
  return {}
}

function unmount(state: HypervisorState, path: string | undefined): void {
  state.mounts = state.mounts.filter(([target]) => target !== path)
}

/** Writes of a command to pool files, in their order; a real shell says whether the command itself is sound. */
function writePools(ram: FakeMemory, command: string): Partial<Answer> {
  const answer = runOnFiles(command, '/sys/', ram.poolFiles().matchAll(/^(.*)=(.*)$/gm))
  if (answer.exitCode !== 0) return answer
  const write = /p='[^']*hugepages-(\d+)kB[^']*'; w='(\d+)'|printf '%s\\n' '(\d+)' >'([^']*)'/g
  for (const [, kibi, whole, pages, path = ''] of command.matchAll(write)) {
    if (kibi !== undefined) {
      ram.resize(Number(kibi) * 1024, Number(whole))
      continue
    }
    const [, node, size] = /(?:node(\d+)\/)?hugepages\/hugepages-(\d+)kB/.exec(path) ?? []
    if (node === undefined) ram.resize(Number(size) * 1024, Number(pages))
    else ram.resizeNode(Number(size) * 1024, Number(node), Number(pages))
  }
  return {}
}

function mountOf(host: FakeHost, unit: string): [string, string] {
  const text = textOf(host, `/etc/systemd/system/${unit}`) ?? ''
  const [, target = ''] = /^Where=(.*)$/m.exec(text) ?? []
  const [, options = ''] = /^Options=(.*)$/m.exec(text) ?? []
  return [target, options.replace('1G', '1024M')]
}

const unitBlocks = (): string =>
  [
    ['virtqemud.socket', 'not-found', 'inactive'],
    ['virtqemud.service', 'not-found', 'inactive'],
    [LIBVIRT, 'loaded', 'active'],
  ]
    .map(([id, load, active]) => `Id=${id}\nLoadState=${load}\nActiveState=${active}\n`)
    .join('\n')

function unitText(host: FakeHost, state: HypervisorState, unit: string): string {
  const invocation = host.units.get(unit)
  const enabled = state.enabled.has(unit) ? 'enabled' : 'disabled'
  const active = invocation === undefined ? 'inactive' : 'active'
  return `NRestarts=0\nLoadState=loaded\nActiveState=${active}\nUnitFileState=${enabled}\nInvocationID=${invocation ?? ''}\n`
}

const listedPages = (ram: FakeMemory): string =>
  ram.nodes
    .map(
      (_node, id) =>
        `Node ${id}:\n4KiB: 19\n2048KiB: ${ram.pool(2 * 1024 ** 2)[id]}\n1048576KiB: ${ram.pool(GIB)[id]}\n`,
    )
    .join('\n')
