import { execFile } from 'node:child_process'
import { UsageError } from '../../model/errors.ts'
import type { Asked } from './share-answers.ts'

/** What `ssh -G` prints: each keyword in lower case with its values in order. */
export type SshAnswer = ReadonlyMap<string, readonly string[]>

const LIMIT = 10_000

/**
 * Runs `ssh -G`, about 5 ms of CPU. `file`: the one ssh_config to read, `none` for no file at all.
 * Throws UsageError with what ssh says of a faulty file, and where there is no ssh.
 */
export function askSsh(
  { name, user, port }: Asked,
  { file, environment }: { file: string | undefined; environment: Readonly<Record<string, string | undefined>> },
): Promise<SshAnswer> {
  const words = [
    ...(file === undefined ? [] : ['-F', file]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '-G',
    '--',
    name,
  ]
  return new Promise((resolve, reject) => {
    const child = execFile('ssh', words, { env: { ...environment }, timeout: LIMIT }, (error, stdout, stderr) => {
      if (!error) resolve(readAnswer(stdout))
      else reject(refused(name, error, stderr))
    })
    child.stdin?.end()
  })
}

function readAnswer(text: string): SshAnswer {
  const answer = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? []
    if (keyword === undefined || value === undefined) continue
    const values = answer.get(keyword)
    if (values) values.push(value)
    else answer.set(keyword, [value])
  }
  return answer
}

function refused(name: string, error: Error & { code?: unknown; killed?: boolean }, stderr: string): UsageError {
  const remedy = 'Correct the file, or write `sshConfig: none` under "connection" of the inventory.'
  if (error.code === 'ENOENT') {
    return new UsageError('there is an ssh_config for these hosts, and no ssh that could read it', {
      remedy: 'Install the OpenSSH client, or write `sshConfig: none` under "connection" of the inventory.',
      cause: error,
    })
  }
  // Of a terminal that it does not need here, ssh complains as well.
  const said = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Pseudo-terminal'))
  const what = error.killed ? `did not answer within ${LIMIT / 1000}s` : said.join('; ') || error.message
  return new UsageError(`ssh_config for ${name}: ${what}`, { remedy, cause: error })
}
