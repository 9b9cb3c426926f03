import { spawn } from 'node:child_process'
import type { ContainerSet } from '../../src/rehearsal/container-hosts.ts'
import type { TestHost } from '../../src/rehearsal/hosts/test-host.ts'

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of this machine to its end. */
export function program(
  [file = '', ...words]: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  const child = spawn(file, words, { cwd, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
    })
  child.on('error', reject).on('close', (exitCode) => resolve({ exitCode, ...output }))
  return promise
}

/** Throws with what it printed where it did not end well. */
export async function ended(running: Promise<Ended>, what: string): Promise<void> {
  const { exitCode, stdout, stderr } = await running
  if (exitCode !== 0) throw new Error(`${what} ended with ${exitCode}:\n${stdout}\n${stderr}`)
}

interface Reached {
  readonly host: TestHost
  readonly group: string
  readonly set: ContainerSet
}

/** One host, as both read it. */
export function ansibleInventory({ host, group, set }: Reached): string {
  const variables = {
    ansible_host: '127.0.0.1',
    ansible_port: host.port,
    ansible_user: 'operator',
    ansible_become: true,
    ansible_ssh_private_key_file: set.identity,
    ansible_ssh_common_args: `-F none -o UserKnownHostsFile=${set.knownHosts}`,
    ansible_python_interpreter: '/usr/bin/python3',
  }
  // JSON is YAML.
  return `${JSON.stringify({ all: { children: { [group]: { hosts: { host: variables } } } } }, null, 2)}\n`
}
