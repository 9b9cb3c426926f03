import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts')

/** How each shell is started with nothing of the user's, and what it is told first. */
const SHELLS = {
  bash: { words: 'bash --norc --noprofile -i', first: 'source <(runbook completion bash)' },
  zsh: { words: 'zsh -f -i', first: 'autoload -Uz compinit; compinit -u -D; source <(runbook completion zsh)' },
  fish: { words: 'fish --no-config -i', first: 'runbook completion fish | source' },
} as const

export type Shell = keyof typeof SHELLS

/**
 * Types a line, Tabs and all, into a real interactive shell on a terminal of its own in this folder. Gives the words
 * with which the shell then started `runbook`.
 */
export async function typedInShell(shell: Shell, line: string, folder: string): Promise<readonly string[]> {
  const bin = join(folder, 'bin')
  const [log, ready] = [join(folder, `${shell}.words`), join(folder, `${shell}.ready`)]
  await mkdir(bin, { recursive: true })
  await writeFile(
    join(bin, 'runbook'),
    `#!/bin/sh\ncase $1 in __complete | completion) exec '${process.execPath}' '${MAIN}' "$@" ;; esac\n` +
      `printf '%s\\n' "$@" >'${log}.new' && mv '${log}.new' '${log}'\n`,
  )
  await chmod(join(bin, 'runbook'), 0o755)
  const { words, first } = SHELLS[shell]
  const child = spawn('script', ['--quiet', '--flush', '--command', words, '/dev/null'], {
    cwd: folder,
    env: { PATH: `${bin}:${process.env.PATH}`, HOME: folder, TERM: 'xterm', XDG_STATE_HOME: join(folder, 'state') },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const said: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(text))
  try {
    child.stdin.write(`${first}\ntouch '${ready}'\n`)
    await present(ready, said)
    child.stdin.write(`${line}\n`)
    return (await present(log, said)).trimEnd().split('\n')
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

async function present(path: string, said: readonly string[]): Promise<string> {
  for (let turn = 0; turn < 400; turn += 1) {
    const text = await readFile(path, 'utf8').catch(() => null)
    if (text !== null) return text
    await setTimeout(50)
  }
  throw new Error(`${path} never came. On the terminal:\n${said.join('')}`)
}
