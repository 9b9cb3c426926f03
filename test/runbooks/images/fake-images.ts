import { kvmUsable } from '../../../src/library/facts/storage/images.ts'
import { osRelease } from '../../../src/library/facts/system.ts'
import type { Answer } from '../../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, fakeHost } from '../../../src/testing.ts'
import { fixture } from '../../library/fixture.ts'
import { when } from '../fake-questions.ts'

const GIB = 1024 ** 3

export const IMAGE = '/srv/images/a.qcow2'

/** What `qemu-img info` says of an image beside its name, its format and its sizes. */
export interface FakeImage {
  readonly virtual: number
  readonly actual?: number
  readonly backing?: string
  readonly more?: Readonly<Record<string, unknown>>
}

export interface ImageHostOptions {
  readonly images?: Readonly<Record<string, FakeImage>>
  readonly installed?: boolean
  readonly os?: string
  /** What `qemu-img info` says instead, when it is not asked to share. */
  readonly complains?: Answer
  readonly check?: number
  readonly guests?: string | Partial<Answer>
  /** Lines of `PID (name)`. */
  readonly open?: string
  readonly kvm?: boolean
  readonly free?: number
  readonly block?: boolean
  readonly parts?: Answer
  /** What the script of the copy ends with. Default: it works. */
  readonly script?: Partial<Answer>
}

/** A host with images in memory. Their names are hard links: a backup is the same image under another name. */
export function fakeImages(options: ImageHostOptions = {}) {
  const state = {
    installed: options.installed ?? true,
    images: new Map(Object.entries(options.images ?? { [IMAGE]: { virtual: 600 * 1024 ** 2 } })),
  }
  const host: FakeHost = fakeHost({ commands: [...questions(options, state), ...changes(options, state)] })
  return { host, state }
}

type State = { installed: boolean; readonly images: Map<string, FakeImage> }

function questions(options: ImageHostOptions, state: State): FakeProgram[] {
  return [
    when(osRelease, options.os ?? 'debian\t12\t\n'),
    [
      /^for p in (.*); do \[ "\$\(dpkg-query/,
      (_host, [, names = '']) => (state.installed ? '' : names.replaceAll(/'([^']*)' ?/g, '$1\n')),
    ],
    [
      /^for p in (.*); do rpm -q/,
      (_host, [, names = '']) => (state.installed ? '' : names.replaceAll(/'([^']*)' ?/g, '$1\n')),
    ],
    [
      /^qemu-img info (-U)? ?--output=json --backing-chain -f 'qcow2' -- '([^']+)'$/,
      (_host, [, share, path = '']) => info(state, path, share === undefined ? options.complains : undefined),
    ],
    [/^qemu-img check /, { exitCode: options.check ?? 0 }],
    [
      /^r=\$\(readlink -f -- '([^']+)'\)/,
      (_host, [, path]) => `${path}\n${[...state.images.keys()].map((one) => asObject(info(state, one))).join('')}`,
    ],
    [/^readlink -f -- '([^']+)';/, (_host, [, path = '']) => prefixed(path, options.guests ?? '')],
    [/^for o in \/proc\/\[0-9\]\*\/fd/, options.open ?? ''],
    when(kvmUsable, { exitCode: options.kvm === false ? 1 : 0 }),
    [
      /^if \[ -b '([^']+)' \]/,
      (_host, [, path = '']) =>
        `${options.block ? 'block' : state.images.has(path) ? 'file' : 'none'}\n/dev/vda1 1 1 ${(options.free ?? 100 * GIB) / 1024} 1% /srv\n`,
    ],
    [/^if command -v virt-filesystems /, options.parts ?? fixture('virt-filesystems-1.48.2.two-partitions.debian-12')],
  ]
}

function changes(options: ImageHostOptions, state: State): FakeProgram[] {
  return [
    [
      /(?:apt-get|dnf) .*install/,
      () => {
        state.installed = true
        return ''
      },
    ],
    [
      /^s='([^']+)'; t='([^']+)'; c='[^']+'; b='([^']+)'; k=[\s\S]*"virtual-size": (\d+),/,
      (_host, { input, 1: source = '', 2: target = '', 3: backup = '', 4: bytes }) => {
        if (options.script) return options.script
        const old = state.images.get(source)
        if (old && input.includes('ln -- ')) state.images.set(backup, old)
        state.images.set(target, { virtual: Number(bytes) })
        return ''
      },
    ],
    [
      /^t='([^']+)'; b='([^']+)'; f='qcow2'; has\(\)/,
      (_host, { input, 1: target = '', 2: backup = '' }) => {
        const old = state.images.get(backup)
        if (old) state.images.set(target, old)
        else if (input.includes('else rm -f')) state.images.delete(target)
        state.images.delete(backup)
        return ''
      },
    ],
  ]
}

function info({ installed, images }: State, path: string, complains?: Answer): Answer {
  if (!installed) return { exitCode: 127, stdout: '', stderr: 'sh: qemu-img: not found\n' }
  if (complains) return complains
  const image = images.get(path)
  const missing = `qemu-img: Could not open '${path}': Could not open '${path}': No such file or directory\n`
  if (!image) return { exitCode: 1, stdout: '', stderr: missing }
  const own = {
    filename: path,
    format: 'qcow2',
    'virtual-size': image.virtual,
    'actual-size': image.actual ?? 200_000_000,
  }
  const backing = image.backing === undefined ? {} : { 'full-backing-filename': image.backing }
  const below = image.backing === undefined ? undefined : images.get(image.backing)
  const chain = [
    { ...own, ...backing, ...image.more },
    ...(below ? [{ ...own, filename: image.backing, 'virtual-size': below.virtual }] : []),
  ]
  return { exitCode: 0, stdout: `${JSON.stringify(chain, null, 4)}\n`, stderr: '' }
}

/** One image, as it is shown without its chain. */
const asObject = ({ exitCode, stdout }: Answer): string => {
  if (exitCode !== 0) return ''
  const [own] = JSON.parse(stdout) as readonly unknown[]
  return `${JSON.stringify(own, null, 4)}\n`
}

const prefixed = (path: string, answer: string | Partial<Answer>): Partial<Answer> =>
  typeof answer === 'string' ? { stdout: `${path}\n${answer}` } : answer
