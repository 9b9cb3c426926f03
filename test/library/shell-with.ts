import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Answer, Fact } from '../../src/model/fact.ts'

/**
 * Asks a fact of a real shell. `programs` stand before those of this machine: name to shell text. Paths of the question
 * that begin with one of the keys of `files` are read below a folder of the test's own.
 */
export function askShell<Value>(
  fact: Fact<Value>,
  programs: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Value {
  return fact.read(runInShell(fact.question.text, programs, files))
}

/** What a command answers there, and the text of the given files behind it. */
export function runInShell(
  command: string,
  programs: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Answer {
  const folder = mkdtempSync(join(tmpdir(), 'shell-with-'))
  try {
    for (const [name, text] of Object.entries(programs)) {
      mkdirSync(join(folder, 'bin'), { recursive: true })
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    }
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(folder + path), { recursive: true })
      writeFileSync(folder + path, text)
    }
    const roots = [...new Set(Object.keys(files).map((path) => `/${path.split('/')[1]}/`))]
    const moved = roots.reduce((text, root) => text.replaceAll(root, `${folder}${root}`), command)
    const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, LC_ALL: 'C' }
    const { status, stdout, stderr } = spawnSync('sh', ['-c', moved], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { exitCode: status ?? 1, stdout: stdout.replaceAll(folder, ''), stderr: stderr.replaceAll(folder, '') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
