import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Answer } from '../../src/model/fact.ts'

/**
 * Runs a script with a real shell in which the named top folders, such as `/proc`, are copies of the given files:
 * path to text. A text of null makes a folder.
 */
export function inShell(
  script: string,
  roots: readonly string[],
  files: Readonly<Record<string, string | null>>,
): Answer {
  const folder = mkdtempSync(join(tmpdir(), 'in-shell-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(text === null ? folder + path : dirname(folder + path), { recursive: true })
      if (text === null) continue
      writeFileSync(folder + path, text)
      chmodSync(folder + path, 0o644)
    }
    const moved = roots.reduce(
      (all, root) => all.replaceAll(new RegExp(`(?<![\\w.])${root}/`, 'g'), `${folder}${root}/`),
      script,
    )
    const { status, stdout, stderr } = spawnSync('sh', ['-c', moved], { encoding: 'utf8' })
    return { exitCode: status ?? 1, stdout: stdout.replaceAll(folder, ''), stderr: stderr.replaceAll(folder, '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
