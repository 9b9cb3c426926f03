import type { Answer } from '../../src/model/fact.ts'
import { type FakeHost, type FakeProgram, textFile, textOf } from '../../src/testing.ts'

/** Files of /proc and /sys among the files of a fake host: questions about them, and writes as a kernel takes them. */
export const kernelPrograms = (): readonly FakeProgram[] => [
  [
    /^for f in (.*); do if \[ -f "\$f" \]; then if v=\$\(cat/,
    (host, [, patterns = '']) =>
      matching(host, patterns)
        .map((path) => `${path}=${(textOf(host, path) ?? '').trimEnd()}\n`)
        .join(''),
  ],
  [
    /^for f in (.*); do if \[ -w "\$f" \]/,
    (host, [, patterns = '']) =>
      matching(host, patterns)
        .filter((path) => host.files.get(path)?.mode !== '0444')
        .map((path) => `${path}\n`)
        .join(''),
  ],
  [
    /^r=0; (?:printf '%s\\n' '[^']*' >'[^']*' \|\| r=1; ?)+ ?exit "\$r"$/,
    (host, [text]) =>
      writeAll(
        host,
        [...text.matchAll(/printf '%s\\n' '([^']*)' >'([^']*)'/g)].map(([, word = '', path = '']) => [path, word]),
      ),
  ],
  [
    /^r=0; (?:for c in (?:'\d+' ?)+; do printf '%s\\n' '[^']*' >"[^"]*" \|\| r=1; done; ?)+ ?exit "\$r"$/,
    (host, [text]) =>
      writeAll(
        host,
        [...text.matchAll(/for c in ((?:'\d+' ?)+); do printf '%s\\n' '([^']*)' >"([^"]*)"/g)].flatMap(
          ([, cpus = '', word = '', path = '']) =>
            [...cpus.matchAll(/\d+/g)].map(([cpu]): [string, string] => [path.replace('$c', cpu), word]),
        ),
      ),
  ],
  ...folderPrograms(),
  [
    /^systemd-tmpfiles --create '([^']*)'$/,
    (host, [, file = '']) =>
      writeAll(
        host,
        [...(textOf(host, file) ?? '').matchAll(/^w-? (\S+) - - - - (.*)$/gm)].flatMap(([, pattern = '', word = '']) =>
          matching(host, pattern).map((path): [string, string] => [path, word]),
        ),
      ),
  ],
]

/** Folders are there while a file lies in them, or since they were made. */
function folderPrograms(): readonly FakeProgram[] {
  const made = new Set<string>()
  const there = (host: FakeHost, folder: string) =>
    made.has(folder) || [...host.files.keys()].some((path) => path.startsWith(`${folder}/`))
  return [
    [/^if \[ -d '([^']*)' \]; then echo there; fi$/, (host, [, folder = '']) => (there(host, folder) ? 'there\n' : '')],
    [
      /^mkdir -p -- '([^']*)'$/,
      (_host, [, folder = '']) => {
        made.add(folder)
        return ''
      },
    ],
    [
      /^if \[ -d '([^']*)' \]; then rmdir --ignore-fail-on-non-empty -- '[^']*'; fi$/,
      (_host, [, folder = '']) => {
        made.delete(folder)
        return ''
      },
    ],
  ]
}

/** Writes words as a shell does, file by file; the kernel refuses a word that a list does not offer. */
export function writeAll(host: FakeHost, writes: readonly (readonly [path: string, word: string])[]): Partial<Answer> {
  const refused = writes.filter(([path, word]) => !writeKernel(host, path, word))
  if (refused.length === 0) return {}
  return {
    exitCode: 1,
    stderr: refused.map(([path]) => `sh: 1: printf: write error: Invalid argument (${path})\n`).join(''),
  }
}

function writeKernel(host: FakeHost, path: string, word: string): boolean {
  const now = textOf(host, path)
  if (now === null) return false
  if (!now.includes('[')) {
    host.files.set(path, textFile(`${word}\n`))
    return true
  }
  const offered = now.replace(/[[\]]/g, '').trim().split(/\s+/)
  if (!offered.includes(word)) return false
  host.files.set(path, textFile(`${offered.map((one) => (one === word ? `[${one}]` : one)).join(' ')}\n`))
  return true
}

/** The files of a host that shell patterns name, in the order of the patterns. */
function matching(host: FakeHost, patterns: string): readonly string[] {
  return patterns.split(' ').flatMap((pattern) => {
    const whole = new RegExp(`^${pattern.replace(/[.+]/g, '\\$&').replaceAll('*', '[^/]*')}$`)
    return [...host.files.keys()].filter((path) => whole.test(path)).sort()
  })
}
