import { spawn } from 'node:child_process'

import { UsageError } from '../../model/errors.ts'
import { createRedactor } from '../../model/redactor.ts'
import { secret } from '../../model/secret.ts'
import { LARGEST_BYTES, oneLineEndLess } from './private-file.ts'
import { splitWords } from './split-words.ts'

/** A person may have to unlock a key first. */
const DEADLINE = 60_000

/**
 * What a program prints on stdout, such as `pass show hv/sudo`, `vault kv get -field=password kv/hv` or
 * `op read op://hv/sudo/password`. No shell reads the words. It has 60 s.
 * Throws UsageError with the last line of its stderr, without what it printed.
 */
export async function fromCommand(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  within = DEADLINE,
): Promise<string> {
  const words = splitWords(text)
  const fault = (why: string) => new UsageError(`the secret command:${text} cannot be had: ${why}`)
  if (!words?.[0]) throw fault('a quote is not closed')
  const { exit, stdout, stderr } = await run(words, { env: environment, within })
  const value = oneLineEndLess(stdout)
  if (exit.kind === 'ended' && exit.code === 0 && value !== '') return value
  if (exit.kind === 'absent') throw fault(`${words[0]} cannot be started (${exit.why})`)
  if (exit.kind === 'late') throw fault(`it gave no answer within ${within / 1000}s`)
  if (exit.kind === 'too-much') throw fault(`it printed more than ${LARGEST_BYTES} bytes`)
  if (exit.code === 0) throw fault('it printed nothing')
  const redactor = createRedactor()
  if (value !== '') redactor.add(secret(value, 'its stdout'))
  const said = redactor.text(stderr).trim().split('\n').at(-1)
  throw fault(`${exit.code === null ? 'a signal ended it' : `it ended with ${exit.code}`}${said ? `: ${said}` : ''}`)
}

type Exit =
  | { readonly kind: 'ended'; readonly code: number | null }
  | { readonly kind: 'absent'; readonly why: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'too-much' }

interface Limits {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly within: number
}

function run([program = '', ...words]: readonly string[], { env, within }: Limits) {
  return new Promise<{ readonly exit: Exit; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...env } })
    const out: Buffer[] = []
    const said: Buffer[] = []
    let bytes = 0
    const timer = setTimeout(() => giveUp({ kind: 'late' }), within)

    function settle(exit: Exit): void {
      clearTimeout(timer)
      resolve({ exit, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(said).toString('utf8') })
    }

    // Whoever it started may hold the pipes open: they are not waited for.
    function giveUp(exit: Exit): void {
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stderr.destroy()
      settle(exit)
    }

    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > LARGEST_BYTES) giveUp({ kind: 'too-much' })
      else out.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said.push(chunk)
      while (said.length > 64) said.shift()
    })
    child.once('error', (error) => settle({ kind: 'absent', why: error.message }))
    child.once('close', (code) => settle({ kind: 'ended', code }))
  })
}
