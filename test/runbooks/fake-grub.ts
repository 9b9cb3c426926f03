import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Answer } from '../../src/model/fact.ts'
import { type FakeHost, fingerprint, textFile, textOf } from '../../src/testing.ts'

const MENU = '/boot/grub/grub.cfg'
const KERNELS = ['6.1.0-42-amd64', '6.1.0-40-amd64']

/** `update-grub` of a fake host: sources its files with a real shell and writes the menu; a syntax error exits 2. */
export function updateGrub(host: FakeHost): Partial<Answer> {
  const made = generatedMenu(host)
  if (made.fault !== '') return { exitCode: 2, stderr: made.fault }
  host.files.set(MENU, textFile(made.text))
  return {}
}

/** Is the menu what `grub-mkconfig` would write now? */
export const menuIsCurrent = (host: FakeHost): boolean => generatedMenu(host).text === textOf(host, MENU)

/** Runs a question about /etc/default/grub and its drop-ins with a real shell, on copies of the fake host's files. */
export const askShell = (host: FakeHost, question: string): Answer =>
  runOnFiles(question, '/etc/default/grub', [
    ['', '/etc/default/grub.d/none', ''],
    ...grubPaths(host).map((path) => ['', path, textOf(host, path) ?? ''] as const),
  ])

/** Runs a script with a real shell; what it names below `root` are copies of the given files: [any, path, text]. */
export function runOnFiles(script: string, root: string, files: Iterable<readonly string[]>): Answer {
  const given = [...files]
  // The same script on the same files answers the same: without this a test of all deaths starts thousands of shells.
  const key = JSON.stringify([script, root, given.map(([, path, text]) => [path, text])])
  const known = answers.get(key) ?? runInShell(script, root, given)
  answers.set(key, known)
  return known
}

const answers = new Map<string, Answer>()

function runInShell(script: string, root: string, files: readonly (readonly string[])[]): Answer {
  const folder = mkdtempSync(join(tmpdir(), 'fake-host-'))
  try {
    for (const [, path = '', text = ''] of files) {
      mkdirSync(dirname(folder + path), { recursive: true })
      writeFileSync(folder + path, text)
    }
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script.replaceAll(root, folder + root)], {
      encoding: 'utf8',
    })
    return { exitCode: status ?? 1, stdout: stdout.replaceAll(folder, ''), stderr: stderr.replaceAll(folder, '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What `grubFiles` asks for: path, hash, content and syntax fault of each file. The hash is the fake world's own. */
export const describeFiles = (host: FakeHost): string =>
  grubPaths(host)
    .map((path) => {
      const file = host.files.get(path)
      const fault = askShell(host, `sh -n ${path} 2>&1 | head -n 1`).stdout.trim()
      const hash = fingerprint(file?.bytes).replace('sha256:', '')
      return `${path}\n${hash}  -\n${Buffer.from(file?.bytes ?? []).toString('base64')}\n${fault}\n`
    })
    .join('')

const grubPaths = (host: FakeHost): string[] =>
  [...host.files.keys()].filter((path) => /^\/etc\/default\/grub(\.d\/[^/]+\.cfg)?$/.test(path)).sort()

function generatedMenu(host: FakeHost): { text: string; fault: string } {
  const source =
    'set -e; for f in /etc/default/grub /etc/default/grub.d/*.cfg; do if [ -e "$f" ]; then . "$f"; fi; done'
  const say = 'printf "%s\\n" "$GRUB_DEFAULT" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"'
  const { exitCode, stdout, stderr } = askShell(host, `${source}; ${say}`)
  if (exitCode !== 0) return { text: '', fault: stderr }
  const [chosen = '', always = '', normally = ''] = stdout.split('\n')
  return { text: menuText(chosen, always, normally), fault: '' }
}

const menuText = (chosen: string, always: string, normally: string): string => `set default="${chosen || '0'}"
${entry('Debian GNU/Linux', 'gnulinux-simple-uuid', `/boot/vmlinuz-${KERNELS[0]} root=/dev/vda1 ro ${always} ${normally}`)}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-uuid' {
${KERNELS.flatMap((kernel) => {
  const image = `/boot/vmlinuz-${kernel} root=/dev/vda1 ro`
  const title = `Debian GNU/Linux, with Linux ${kernel}`
  return [
    entry(title, `gnulinux-${kernel}-advanced-uuid`, `${image} ${always} ${normally}`),
    entry(`${title} (recovery mode)`, `gnulinux-${kernel}-recovery-uuid`, `${image} single ${always}`),
  ]
}).join('\n')}
}
`

const entry = (title: string, id: string, linux: string): string =>
  `menuentry '${title}' --class os $menuentry_id_option '${id}' {\n\tlinux\t${linux}\n}`
